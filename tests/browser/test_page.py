"""The page to draw on, in a real browser: it shows what the model says of what was drawn, in time, by any device."""

import statistics

import numpy as np
import pytest
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By

from examples.digit import weights
from examples.digit.dataset import as_input
from examples.digit.options import OUT
from examples.digit.scan import like_mnist
from examples.draw_digit.look import look
from tests.browser.page import Page
from tests.examples.draw_digit_process import serve

# Each digit as a hand draws it, in one or two strokes through points of the unit square.
HANDWRITTEN = {
    0: [
        [
            (0.5, 0.15),
            (0.33, 0.3),
            (0.3, 0.55),
            (0.38, 0.8),
            (0.52, 0.85),
            (0.67, 0.7),
            (0.7, 0.4),
            (0.6, 0.2),
            (0.5, 0.15),
        ]
    ],
    1: [[(0.5, 0.15), (0.5, 0.85)]],
    2: [[(0.3, 0.3), (0.4, 0.17), (0.6, 0.17), (0.68, 0.32), (0.55, 0.55), (0.3, 0.82), (0.72, 0.82)]],
    3: [[(0.3, 0.2), (0.55, 0.15), (0.66, 0.3), (0.45, 0.47), (0.68, 0.62), (0.6, 0.82), (0.3, 0.82)]],
    4: [[(0.35, 0.15), (0.28, 0.5), (0.7, 0.5)], [(0.65, 0.15), (0.6, 0.87)]],
    5: [[(0.7, 0.15), (0.38, 0.15), (0.35, 0.45), (0.6, 0.45), (0.68, 0.65), (0.55, 0.85), (0.3, 0.82)]],
    6: [[(0.6, 0.12), (0.4, 0.4), (0.33, 0.7), (0.5, 0.87), (0.66, 0.7), (0.55, 0.55), (0.36, 0.65)]],
    7: [[(0.3, 0.18), (0.7, 0.18), (0.55, 0.5), (0.45, 0.87)]],
    8: [[(0.65, 0.25), (0.5, 0.14), (0.36, 0.27), (0.62, 0.65), (0.5, 0.86), (0.36, 0.68), (0.65, 0.25)]],
    9: [[(0.65, 0.3), (0.5, 0.15), (0.36, 0.3), (0.48, 0.45), (0.65, 0.3), (0.62, 0.6), (0.55, 0.87)]],
}


def agrees(page: Page, model) -> None:
    """Check that all the page shows is what the model makes of what is on the canvas."""
    pixels = like_mnist(page.ink().astype(np.float32))
    chosen = page.script("return document.querySelector('input[name=class]:checked').value")
    seen = look(model, pixels, int(chosen) if chosen else None)
    np.testing.assert_array_equal(page.image(), pixels)
    assert page.prediction() == seen.prediction
    assert page.emphasised() == [str(seen.prediction)]
    assert page.percentages() == pytest.approx(100 * seen.probabilities, abs=0.051)
    assert page.bars("classes") == pytest.approx(seen.probabilities, abs=0.01)
    assert page.bars("hidden") == pytest.approx(seen.hidden / seen.hidden.max(), abs=0.02)
    assert page.find("gradient-class").text == str(seen.k)
    heat = (
        page.colours("gradient")[5::10, 5::10, :3].reshape(784, 3).astype(int)
    )  # red exceeds blue where it is above 0
    clear = np.abs(seen.gradient) > 0.05 * np.abs(seen.gradient).max()
    np.testing.assert_array_equal((heat[:, 0] > heat[:, 2])[clear], (seen.gradient > 0)[clear])
    assert heat[np.abs(seen.gradient).argmax()].tolist() in ([213, 94, 0], [0, 114, 178])


def draw(page: Page, digit: int, kind: str = "mouse") -> None:
    for points in HANDWRITTEN[digit]:
        page.stroke(points, kind)


def test_the_first_start_shows_how_it_trains(served):
    printed = "".join(served.printed)
    assert "so the network is trained first" in printed
    assert "test accuracy" in printed


def test_test_digits_painted_on_it_are_taken_for_what_the_model_takes_them_for(page, model, digits):
    chosen = np.random.default_rng(0).choice(len(digits.test_images), 20, replace=False)
    images = digits.test_images[chosen]
    close = same = 0
    for image, prediction in zip(images, model(as_input(images)).argmax(1).tolist(), strict=True):
        page.paint(image)
        agrees(page, model)
        close += np.abs(page.image().astype(int) - image).max() <= 3
        same += page.prediction() == prediction
    if digits.source.startswith("MNIST"):  # whose images are in MNIST's form already
        assert close >= 19
        assert same >= 19


def test_digits_drawn_by_mouse_are_recognised(page, model, digits):
    recognised = 0
    for digit in HANDWRITTEN:
        draw(page, digit)
        agrees(page, model)
        recognised += page.prediction() == digit
        page.find("clear").click()
    if digits.source.startswith("MNIST"):
        assert recognised >= 8


@pytest.mark.parametrize(("x", "y"), [(0.25, 0.75), (0.9, 0.1)])
def test_ink_goes_where_the_mouse_is(page, x, y):
    page.stroke([(x, y)])
    rows, columns = np.nonzero(page.ink() > 127)
    assert abs(columns.mean() - 280 * x) <= 2
    assert abs(rows.mean() - 280 * y) <= 2
    assert abs(np.ptp(rows) - 22) <= 2


def test_a_stroke_is_answered_within_100_milliseconds(page):
    for digit in (3, 8, 5):
        draw(page, digit)
    times = page.times()
    assert len(times) >= 10
    total, server = (statistics.median(time[part] for time in times) for part in ("total", "server"))
    print(f"median of {len(times)} answers: {total:.0f} ms until painted, {server:.1f} ms of them in the server")
    assert total < 100
    assert server < 20


def test_a_finger_draws_what_a_mouse_draws(phone, model):
    draw(phone, 4)
    by_mouse = phone.ink()
    phone.find("clear").click()
    draw(phone, 4, "touch")
    np.testing.assert_array_equal(phone.ink(), by_mouse)
    agrees(phone, model)
    assert phone.script("return scrollY") == 0  # drawing does not scroll


def test_it_fits_a_phone(phone):
    draw(phone, 2, "touch")
    width, content = phone.script("return [innerWidth, document.documentElement.scrollWidth]")
    assert content <= width == 375
    for control in phone.browser.find_elements(By.CSS_SELECTOR, "button, #classes label"):
        assert control.size["height"] >= 24  # WCAG 2.2, target size
    smallest = phone.script(
        "const sizes = [...document.querySelectorAll('main *')].map((e) => getComputedStyle(e).fontSize);"
        "return Math.min(...sizes.map(parseFloat))"
    )
    assert smallest >= 12


def test_the_keyboard_draws_chooses_and_clears(page, model):
    page.browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert page.browser.switch_to.active_element == page.drawing
    assert page.script("return getComputedStyle(arguments[0]).outlineStyle", page.drawing) == "solid"
    assert page.find("pen").is_displayed()

    page.drawing.send_keys(Keys.ARROW_RIGHT)
    assert not page.ink().any()  # the pen is still up
    page.answered(lambda: page.drawing.send_keys(Keys.SPACE, *[Keys.ARROW_DOWN] * 16))
    rows, columns = (np.flatnonzero((page.ink() > 127).any(axis)) for axis in (1, 0))
    assert abs(np.ptp(rows) - 16 * 8 - 22) <= 2
    assert abs(np.ptp(columns) - 22) <= 2
    assert abs(columns.mean() - 148) <= 1
    agrees(page, model)

    page.answered(lambda: page.drawing.send_keys("4"))
    assert page.find("gradient-class").text == "4"
    agrees(page, model)
    before = page.ink()
    page.drawing.send_keys(Keys.SPACE, Keys.ARROW_LEFT)
    np.testing.assert_array_equal(page.ink(), before)  # lifted again
    page.answered(lambda: page.drawing.send_keys(Keys.SPACE))  # the pen is at (140, 198)
    both = ActionChains(page.browser).key_down(Keys.ARROW_UP).key_down(Keys.ARROW_LEFT)
    page.answered(both.key_up(Keys.ARROW_UP).key_up(Keys.ARROW_LEFT).perform)
    assert page.ink()[182, 124] == 255  # at (132, 182), after a step up and a diagonal one

    page.drawing.send_keys(Keys.DELETE)
    page.until(lambda: page.result() == "–")
    assert not page.ink().any()


def test_the_arrow_keys_walk_through_the_classes(page, model):
    draw(page, 7)
    likeliest = page.browser.find_element(By.CSS_SELECTOR, "#classes input")
    page.answered(lambda: likeliest.send_keys(Keys.ARROW_DOWN))
    assert page.find("gradient-class").text == "0"
    agrees(page, model)
    page.answered(lambda: page.browser.find_elements(By.CSS_SELECTOR, "#classes label")[10].click())
    assert page.find("gradient-class").text == "9"
    agrees(page, model)


def test_clearing_leaves_nothing(page):
    def shown():
        texts = [page.text(name) for name in ("classes", "hidden", "gradient-class", "result", "time")]
        return texts, [page.colours(name) for name in ("drawing", "input", "gradient")]

    empty = shown()
    draw(page, 3)
    assert shown()[0] != empty[0]
    page.find("clear").click()
    page.until(lambda: page.result() == "–")
    texts, pictures = shown()
    assert texts == empty[0]
    assert page.emphasised() == []
    for picture, before in zip(pictures, empty[1], strict=True):
        np.testing.assert_array_equal(picture, before)


def test_the_result_is_read_out_once_the_hand_rests(page):
    status = page.find("status")
    assert status.get_attribute("role") == "status"  # a live region
    draw(page, 1)
    page.until(lambda: page.text("status") == page.result().replace(" · ", ", "))


def test_every_control_has_a_name(page):
    for control in page.browser.find_elements(By.CSS_SELECTOR, "canvas, button, input, fieldset"):
        assert control.accessible_name, control.get_attribute("outerHTML")


def test_a_server_that_is_gone_is_told(desktop: Chrome, served, tmp_path):
    trained = served.folder / OUT / weights.FILE
    with serve(tmp_path, "--weights", str(trained)) as other:
        page = Page(desktop, other.url)
        draw(page, 1)
        other.process.kill()
        other.process.wait()
        page.find("classes").find_elements(By.TAG_NAME, "label")[3].click()
        page.until(lambda: page.result() == "The server does not answer. Is it still running?")
    desktop.get_log("browser")  # the browser's own report of it
