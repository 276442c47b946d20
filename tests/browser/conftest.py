"""A real browser, and the page's server started as a person starts it the first time."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

import data
from data.digits import Digits
from examples.digit import weights
from examples.digit.options import OUT
from models.digit import DigitNet
from tests.browser.page import Page
from tests.examples.draw_digit_process import Served, serve

FLAGS = (
    "--headless",
    "--no-sandbox",  # a container's user is root, for whom Chromium has no sandbox
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP, PHONE = (1280, 1000), (375, 812)


@pytest.fixture(scope="session")
def browsers() -> tuple[str, str]:
    """Return the paths of Chromium and its driver."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not (browser and driver):
        pytest.skip("no Chromium with its driver here; on Debian: apt-get install chromium chromium-driver")
    return browser, driver


@pytest.fixture(scope="session")
def digits() -> Digits:
    return data.load_digits()


@pytest.fixture(scope="session")
def served(browsers: tuple[str, str], digits: Digits, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Start the server in an empty folder, so that it trains the network first."""
    with serve(tmp_path_factory.mktemp("first start")) as running:
        yield running


@pytest.fixture(scope="session")
def model(served: Served) -> DigitNet:
    """Return the network that the server answers from."""
    return weights.load(served.folder / OUT / weights.FILE)


def launch(browsers: tuple[str, str], profile: Path, size: tuple[int, int], *, phone: bool) -> webdriver.Chrome:
    """Start the browser with a profile of its own."""
    options = webdriver.ChromeOptions()
    options.binary_location = browsers[0]
    for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if phone:
        metrics = {"width": size[0], "height": size[1], "pixelRatio": 2.0, "touch": True, "mobile": True}
        options.add_experimental_option("mobileEmulation", {"deviceMetrics": metrics})
    return webdriver.Chrome(options, Service(browsers[1]))


@pytest.fixture(scope="session")
def desktop(browsers: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    browser = launch(browsers, tmp_path_factory.mktemp("profile"), DESKTOP, phone=False)
    yield browser
    browser.quit()


@pytest.fixture(scope="session")
def mobile(browsers: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    browser = launch(browsers, tmp_path_factory.mktemp("profile"), PHONE, phone=True)
    yield browser
    browser.quit()


@pytest.fixture
def page(desktop: webdriver.Chrome, served: Served) -> Iterator[Page]:
    yield from watched(desktop, served)


@pytest.fixture
def phone(mobile: webdriver.Chrome, served: Served) -> Iterator[Page]:
    yield from watched(mobile, served)


def watched(browser: webdriver.Chrome, served: Served) -> Iterator[Page]:
    """Load the page; after the test nothing may have been reported in the console, nor loaded from elsewhere."""
    yield (page := Page(browser, served.url))
    assert browser.get_log("browser") == []
    loaded = page.script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert all(name.startswith(served.url) for name in loaded)
