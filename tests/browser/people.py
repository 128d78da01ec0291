"""Who sits before the two pages: a visitor and an agent. They find things as people do, by what is written on them."""

from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with the shop's page in a tab."""

    tab: Page

    @property
    def launcher(self) -> Locator:
        """What opens the chat."""
        return self.tab.locator("flex-chat .launcher")

    @property
    def log(self) -> Locator:
        """What the chat shows."""
        return self.tab.get_by_role("log")

    @property
    def box(self) -> Locator:
        """Where the visitor writes."""
        return self.tab.get_by_label("Your message")

    @property
    def status(self) -> Locator:
        """What is said of the line."""
        return self.tab.locator("flex-chat .line")

    async def open(self) -> None:
        """Open the chat."""
        await self.tab.get_by_role("button", name="Open chat").click()

    async def begin(self, name: str = "") -> None:
        """Have the chat open, and its form filled in, whatever of that is still to be done."""
        launcher, start = (self.tab.get_by_role("button", name=label) for label in ("Open chat", "Start chat"))
        await expect(launcher.or_(start).or_(self.box).filter(visible=True)).to_have_count(1)
        if await launcher.is_visible():
            await launcher.click()
        await expect(start.or_(self.box).filter(visible=True)).to_have_count(1)
        if await start.is_visible():
            await self.tab.get_by_label("Your name").fill(name)
            await start.click()

    async def say(self, text: str) -> None:
        """Type and press Enter."""
        await self.begin()
        await self.box.fill(text)
        await self.box.press("Enter")

    async def sees(self, *texts: str) -> None:
        """Each of the texts comes to be in the chat, once."""
        for text in texts:
            await expect(self.log.get_by_text(text, exact=True).filter(visible=True)).to_have_count(1)

    async def hears(self, text: str) -> None:
        """The text is told at the end of the chat."""
        await expect(self.tab.locator("flex-chat .ending").get_by_text(text, exact=True)).to_be_visible()

    def state_of(self, text: str) -> Locator:
        """How far the message with this text has come, in words."""
        return self.log.get_by_role("listitem").filter(has_text=text).locator(".state")

    async def misses(self, *texts: str) -> None:
        """None of the texts is anywhere on the page."""
        for text in texts:
            await expect(self.tab.get_by_text(text)).to_have_count(0)

    async def shows(self, *texts: str) -> None:
        """These come to be all the messages of the chat, from top to bottom."""
        await expect(self.tab.locator(".bubble")).to_have_text(texts)

    async def end(self) -> None:
        """Ask for the end, without having confirmed it."""
        await self.tab.get_by_role("button", name="Options").click()
        await self.tab.get_by_role("button", name="End chat").click()

    async def confirm(self) -> None:
        """Yes, end it."""
        await self.tab.get_by_role("alertdialog").get_by_role("button", name="End chat").click()


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody with the desk in a tab. What they do without saying where, they do in the chat they have in hand."""

    tab: Page

    @property
    def tasks(self) -> Locator:
        """The list of tasks."""
        return self.tab.get_by_role("region", name="Tasks")

    @property
    def chat(self) -> Locator:
        """The chat in hand."""
        return self.tab.get_by_role("region", name="Chat with").and_(self.tab.locator("[aria-current=true]"))

    @property
    def log(self) -> Locator:
        """What the chat in hand shows."""
        return self.chat.get_by_role("log")

    @property
    def offers(self) -> Locator:
        """The buttons that accept a waiting task."""
        return self.tasks.get_by_role("button", name="Accept")

    def chat_with(self, name: str) -> Locator:
        """The open chat with this visitor."""
        return self.tab.get_by_role("region", name=f"Chat with {name}")

    async def accept(self, text: str) -> None:
        """Accept the waiting task whose last words, or whose visitor's name, are these."""
        waiting = self.tab.get_by_role("region", name="Waiting").get_by_role("listitem")
        await waiting.filter(has_text=text).get_by_role("button", name="Accept").click()
        await expect(self.chat.get_by_label("Your answer")).to_be_focused()

    async def choose(self, text: str) -> None:
        """Go to the chat whose last words are these."""
        await self.tasks.get_by_role("listitem").filter(has_text=text).get_by_role("button").first.click()

    async def say(self, text: str) -> None:
        """Type and press Enter."""
        field = self.chat.get_by_label("Your answer")
        await field.fill(text)
        await field.press("Enter")
        await expect(field).to_have_value("")

    async def sees(self, *texts: str) -> None:
        """Each of the texts comes to be in the chat, once."""
        for text in texts:
            await expect(self.log.get_by_text(text, exact=True)).to_have_count(1)

    async def end(self) -> None:
        """End the chat, and complete its task."""
        await self.chat.get_by_role("button", name="End chat").click()
        await self.chat.get_by_role("button", name="Complete").click()
