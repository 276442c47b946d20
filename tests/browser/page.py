"""The page in a browser: how a test draws on it, and reads what it shows."""

import base64
import io

import numpy as np
from PIL import Image
from selenium.webdriver import Chrome
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

WAIT = 20  # seconds until an answer must have come, on however slow a machine

# Ink on the canvas, without a stroke: fills a square for each pixel, and tells the page.
PAINT = """
const [image, size] = arguments, canvas = document.getElementById("drawing"), context = canvas.getContext("2d");
context.save();
context.clearRect(0, 0, canvas.width, canvas.height);
for (let i = 0; i < 784; i++) {
  context.globalAlpha = image[i] / 255;
  context.fillRect((i % 28) * size, Math.floor(i / 28) * size, size, size);
}
context.restore();
canvas.dispatchEvent(new Event("input"));
"""

# Counts the answers, and keeps their times.
LISTEN = 'window.times = []; document.addEventListener("answered", (event) => window.times.push(event.detail));'


class Page:
    """The page, loaded anew."""

    def __init__(self, browser: Chrome, url: str) -> None:
        self.browser = browser
        browser.get(url)
        self.script(LISTEN)
        self.drawing = self.find("drawing")

    def script(self, text: str, *arguments: object) -> object:
        return self.browser.execute_script(text, *arguments)

    def find(self, name: str) -> WebElement:
        return self.browser.find_element(By.ID, name)

    # ---------------------------------------------------------------------------------------------------- drawing

    def paint(self, image: np.ndarray) -> None:
        """Put an image of 28x28 on the canvas, each pixel as a square of 10x10."""
        self.answered(lambda: self.script(PAINT, image.tolist(), 10))

    def stroke(self, points: list[tuple[float, float]], kind: str = "mouse") -> None:
        """Draw a line through points of the unit square, by mouse or finger."""
        size = self.drawing.size["width"]
        actions = ActionBuilder(self.browser, mouse=PointerInput(kind, kind), duration=20)
        for i, (x, y) in enumerate(points):
            actions.pointer_action.move_to(self.drawing, round((x - 0.5) * size), round((y - 0.5) * size))
            if i == 0:
                actions.pointer_action.pointer_down()
        actions.pointer_action.pointer_up()
        self.answered(actions.perform)

    def answered(self, act) -> None:
        """Do something that changes the drawing, and wait until the page has answered it and is at rest."""
        before = len(self.times())
        act()
        self.until(lambda: len(self.times()) > before and self.at_rest())

    def at_rest(self) -> bool:
        """Whether no answer came for three frames; a question is on its way for less than that, or another follows."""
        count = len(self.times())
        self.browser.execute_async_script("setTimeout(arguments[0], 150)")
        return len(self.times()) == count

    def until(self, condition) -> None:
        WebDriverWait(self.browser, WAIT, poll_frequency=0.02).until(lambda browser: condition())

    # ---------------------------------------------------------------------------------------------------- reading

    def times(self) -> list[dict[str, float]]:
        return self.script("return window.times")

    def ink(self) -> np.ndarray:
        """Return what was drawn: the opacity of each pixel, 0 to 255."""
        return self.colours("drawing")[:, :, 3]

    def colours(self, name: str) -> np.ndarray:
        """Return the colours of a canvas, uint8 of shape (280, 280, 4)."""
        url = str(self.script("return document.getElementById(arguments[0]).toDataURL()", name))
        png = base64.b64decode(url.removeprefix("data:image/png;base64,"))
        return np.array(Image.open(io.BytesIO(png)).convert("RGBA"))

    def image(self) -> np.ndarray:
        """Return the 28x28 pixels that the network sees, as they are shown."""
        return self.colours("input")[5::10, 5::10, 0].reshape(784)

    def result(self) -> str:
        """Return the result as text; its spaces that do not break are like others."""
        return self.text("result")

    def text(self, name: str) -> str:
        """Return the text of an element, shown or not."""
        return self.find(name).get_attribute("textContent").replace("\u00a0", " ")

    def prediction(self) -> int:
        return int(self.result()[0])

    def percentages(self) -> list[float]:
        rows = self.browser.find_elements(By.CSS_SELECTOR, "#classes label .number")
        return [float(row.text.rstrip(" %")) for row in rows]

    def emphasised(self) -> list[str]:
        """Return the digits whose row stands out."""
        return self.script("return [...document.querySelectorAll('#classes .first input')].map((input) => input.value)")

    def bars(self, group: str) -> list[float]:
        """Return how long the bars of a group are, as shares of the longest they can be."""
        return self.script(
            "return [...document.querySelectorAll(`#${arguments[0]} .bar`)]"
            ".map((bar) => bar.firstElementChild.getBoundingClientRect().width / bar.getBoundingClientRect().width)",
            group,
        )
