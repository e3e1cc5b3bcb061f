"""The ailments of clusters as data, staged for real one after another: every file of entries is listed here."""

from tests.cluster.ailments import elsewhere, flink, older
from tests.cluster.ailments.ailment import Ailment

AILMENTS: tuple[Ailment, ...] = (*flink.AILMENTS, *older.AILMENTS, *elsewhere.AILMENTS)
