"""The plan as a tree: hosts, their operations, their commands; or stages first. Branches are made when they open.

Knows an outline. It must not know how a plan is made or confirmed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rich.style import Style
from rich.text import Text
from textual.message import Message
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from wizard.showing import Outline, ShownStep
from wizard.text import one_line
from wizard.words import counted, name_of

Order = Literal["host", "stage"]

OPEN_AT_ONCE = 40
"""Steps of a plan that is shown with every branch open."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the plan: the steps below it, and the command when it is one."""

    steps: tuple[int, ...]
    host: str = ""
    stage: str = ""
    command: int | None = None
    single: bool = False
    """Whether it is one step (or a command of it), not a host or a stage with all of theirs."""


class PlanTree(Tree[Spot]):
    """Says `Looked` when another place of the plan is under the cursor."""

    DEFAULT_CSS = """
    PlanTree { background: $background; padding: 0; scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1; }
    """

    class Looked(Message):
        """The cursor stands here now."""

        def __init__(self, spot: Spot) -> None:
            super().__init__()
            self.spot = spot

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("plan", id=id)
        self.show_root = False
        self.guide_depth = 2
        self.auto_expand = True
        self.order: Order = "host"
        self._outline = Outline((), (), 0)

    def fill(self, outline: Outline, order: Order) -> None:
        """Show this plan in this order; the cursor goes to its beginning."""
        self._outline, self.order = outline, order
        self.clear()
        for name in outline.hosts if order == "host" else outline.stages:
            self._branch(self.root, name, order, tuple(range(len(outline.steps))))
        self.root.expand()
        if len(outline.steps) <= OPEN_AT_ONCE:
            for branch in self.root.children:
                branch.expand()
        elif self.root.children:
            self.root.children[0].expand()
        self.cursor_line = 0

    def go_to(self, step: int, command: int | None) -> None:
        """Open the way to a step, or to one of its commands, and put the cursor there."""
        node: TreeNode[Spot] = self.root
        while True:
            below = self._opened(node)
            found = next((one for one in below if one.data and step in one.data.steps), None)
            if found is None:
                break
            node = found
            if node.data and node.data.single:
                break
        if command is not None and node.data and node.data.single:
            node = next((one for one in self._opened(node) if one.data and one.data.command == command), node)
        self.call_after_refresh(self.move_cursor, node)

    def on_resize(self) -> None:
        """Labels end where the tree does."""
        self._invalidate()

    def render_label(self, node: TreeNode[Spot], base_style: Style, style: Style) -> Text:
        label = super().render_label(node, base_style, style)
        depth = sum(1 for _ in _above(node))
        label.truncate(
            max(self.scrollable_content_region.width - depth * self.guide_depth, 8), overflow="ellipsis"
        )
        return label

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[Spot]) -> None:
        event.stop()
        self._grow(event.node)

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Spot]) -> None:
        event.stop()
        if event.node.data is not None:
            self.post_message(self.Looked(event.node.data))

    def action_cursor_down(self) -> None:
        """Down; from the last line on to what stands below the tree."""
        if self.cursor_line >= self.last_line:
            self.screen.focus_next()
        else:
            super().action_cursor_down()

    def _opened(self, node: TreeNode[Spot]) -> list[TreeNode[Spot]]:
        self._grow(node)
        node.expand()
        return list(node.children)

    def _branch(self, parent: TreeNode[Spot], name: str, by: Order, among: tuple[int, ...]) -> None:
        steps = self._outline.steps
        held = tuple(
            number
            for number in among
            if (steps[number].host if by == "host" else steps[number].stage) == name
        )
        title = name_of(name) if by == "host" else name
        proofs = sum(steps[number].proof for number in held)
        changes = len(held) - proofs
        counts = [counted(changes, "change")] if changes else []
        counts += [counted(proofs, "proof")] if proofs else []
        label = Text.assemble((title, "bold"), ("  " + ", ".join(counts), "dim"))
        parent.add(label, Spot(held, name if by == "host" else "", name if by == "stage" else ""))

    def _grow(self, node: TreeNode[Spot]) -> None:
        """Make what lies below a node, once."""
        spot = node.data
        if spot is None or node.children:
            return
        if spot.single:
            for number, command in enumerate(self._outline.steps[spot.steps[0]].commands):
                node.add_leaf(
                    Text(one_line(command.title, 160), style="dim"),
                    Spot(spot.steps, spot.host, spot.stage, number, single=True),
                )
        elif self.order == "stage" and not spot.host:
            for host in dict.fromkeys(self._outline.steps[number].host for number in spot.steps):
                self._branch(node, host, "host", spot.steps)
        else:
            for number in spot.steps:
                step = self._outline.steps[number]
                add = node.add if step.commands else node.add_leaf
                add(_step_label(step), Spot((number,), step.host, step.stage, single=True))


def _above(node: TreeNode[Spot]) -> Iterator[TreeNode[Spot]]:
    while node.parent is not None:
        node = node.parent
        yield node


def _step_label(step: ShownStep) -> Text:
    title = one_line(step.title, 160)
    return Text.assemble(("proof: ", "dim"), title) if step.proof else Text(title)
