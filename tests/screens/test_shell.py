"""The shell of the application."""


async def test_it_starts(wizard):
    async with wizard.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
