"""Who sits before the two pages: a visitor and an agent. They find things as people do, by what is written on them."""

from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with the chat page in a tab."""

    tab: Page

    @property
    def log(self) -> Locator:
        """What the chat shows."""
        return self.tab.get_by_role("log")

    async def say(self, text: str) -> None:
        """Type and press Enter."""
        field = self.tab.get_by_label("Your message")
        await field.fill(text)
        await field.press("Enter")

    async def sees(self, *texts: str) -> None:
        """Each of the texts comes to be in the chat, once."""
        for text in texts:
            await expect(self.log.get_by_text(text, exact=True).filter(visible=True)).to_have_count(1)

    def state_of(self, text: str) -> Locator:
        """How far the message with this text has come, in words."""
        return self.log.get_by_role("listitem").filter(has_text=text).locator(".state")

    async def misses(self, *texts: str) -> None:
        """None of the texts is anywhere on the page."""
        for text in texts:
            await expect(self.tab.get_by_text(text)).to_have_count(0)

    async def bubbles(self) -> list[str]:
        """The messages from top to bottom."""
        return await self.tab.locator(".bubble").all_text_contents()


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody with the desk in a tab."""

    tab: Page

    @property
    def log(self) -> Locator:
        """What the chosen chat shows."""
        return self.tab.get_by_role("log")

    @property
    def offers(self) -> Locator:
        """The buttons that accept a waiting task."""
        return self.tab.get_by_role("region", name="Tasks").get_by_role("button", name="Accept")

    async def accept(self, text: str) -> None:
        """Accept the waiting task whose last words are these."""
        await self.tab.locator("#waiting li").filter(has_text=text).get_by_role("button", name="Accept").click()
        await expect(self.tab.get_by_label("Your answer")).to_be_focused()

    async def choose(self, text: str) -> None:
        """Go to the chat whose last words are these."""
        await self.tab.locator(".task").filter(has_text=text).click()

    async def say(self, text: str) -> None:
        """Type and press Enter."""
        field = self.tab.get_by_label("Your answer")
        await field.fill(text)
        await field.press("Enter")
        await expect(field).to_have_value("")

    async def sees(self, *texts: str) -> None:
        """Each of the texts comes to be in the chat, once."""
        for text in texts:
            await expect(self.log.get_by_text(text, exact=True)).to_have_count(1)

    async def end(self) -> None:
        """End the chat, and complete its task."""
        await self.tab.get_by_role("button", name="End chat").click()
        await self.tab.get_by_role("button", name="Complete").click()
