"""The shape of the project: who imports whom, what is imported from outside, names, sizes, and stray machine paths.

Each check takes the folder it looks at, so that it is itself tested on small packages with a planted fault.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "tinygrad_np"

# The map: a module or package imports only from those before it, and from its own.
LAYERS = (
    "_shapes",
    "_dtypes",
    "_printing",
    "_random",
    "_graph",
    "ops",
    "_inplace",
    "_numpy_protocol",
    "_tensor",
    "_creation",
    "_public",
    "linalg",
    "_user_op",
    "autograd",
    "nn",
    "func",
    "optim",
    "utils",
    "serialization",
    "compiler",
    "explain",
    "testing",
    "distributed",
)
MAX_LINES = 450
ONE_CLASS_BODY = {"_tensor.py"}  # the class that users look things up in stays in one piece

# Put together from parts, so that this file does not contain what it forbids.
REGISTRY_WORDS = tuple(
    separator.join(parts)
    for separator, parts in (
        (".", ("pypi", "org")),
        (".", ("pythonhosted", "org")),
        (".", ("download", "pytorch", "org")),
        (".", ("conda", "anaconda", "org")),
        ("-", ("index", "url")),
    )
)
HOME_FOLDER = r"/(?:root|home/[\w.-]+|Users/[\w.-]+)/|\b[A-Z]:\\+Users\\"


# --- what is imported -------------------------------------------------------------------------------------------------


def modules_of(package: Path) -> dict[str, Path]:
    """Map the dotted name of each module of a package to its file; a package's own name stands for its __init__."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def runtime_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a syntax tree, leaving out what stands under `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            for statement in child.orelse:
                yield statement
                yield from runtime_nodes(statement)
        else:
            yield child
            yield from runtime_nodes(child)


def imports_of(name: str, modules: dict[str, Path]) -> Iterator[tuple[int, str]]:
    """Yield line and absolute name of each import that runs, at the top of a module or inside its functions."""
    path = modules[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in runtime_nodes(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                parent = package.split(".")[: len(package.split(".")) - node.level + 1]
                source = ".".join([*parent, source] if source else parent)
            for alias in node.names:
                submodule = f"{source}.{alias.name}"
                yield node.lineno, submodule if submodule in modules else source


def order_faults(package: Path) -> list[str]:
    """Name each import that goes up the map, each module that the map lacks, each import by a computed name.

    The package's own __init__ stands above all. What it loads on first use (PEP 562) stands in its table as strings
    and goes through importlib, which is therefore allowed in an __init__ and nowhere else.
    """
    faults = []
    modules = modules_of(package)
    rank = {package.name: len(LAYERS)} | {f"{package.name}.{layer}": i for i, layer in enumerate(LAYERS)}
    layer_of = {name: ".".join(name.split(".")[:2]) for name in modules}
    for name, path in modules.items():
        if layer_of[name] not in rank:
            faults.append(f"{name} has no place in the map: add it to LAYERS")
            continue
        for line, target in imports_of(name, modules):
            above = rank.get(".".join(target.split(".")[:2]), -1) > rank[layer_of[name]]
            by_name = target.split(".")[0] == "importlib" and path.name != "__init__.py"
            if above or by_name:
                faults.append(f"{name}, line {line}: may not import {target}")
    return faults


# What a layer may import when a function needs it, of the extras; importing the package never does.
EXTRAS = {"explain": {"matplotlib", "rich"}, "testing": {"hypothesis"}}


def foreign_imports(package: Path) -> list[str]:
    """Name each import from outside the standard library, NumPy, the package itself and the extras of its layer."""
    allowed = sys.stdlib_module_names | {"numpy", package.name}
    modules = modules_of(package)
    return [
        f"{name}, line {line}: imports {target}"
        for name in modules
        for line, target in imports_of(name, modules)
        if target.split(".")[0] not in allowed | EXTRAS.get(f"{name}.".split(".")[1], set())
    ]


# PyTorch has the function at utils.checkpoint.checkpoint, so the module's name is taken; `utils` has no such function.
PATHS_OF_PYTORCH = {"tinygrad_np.utils.checkpoint"}


def public_names(path: Path) -> set[str]:
    """Return the names that a module lists in `__all__`."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if hasattr(node, "target") else []
        if "__all__" in map(ast.unparse, targets) and isinstance(node.value, ast.List):
            names.update(ast.literal_eval(node.value))
    return names


def shadowing_modules(package: Path) -> list[str]:
    """Name each module that bears the name of a public function, which importing the module could overwrite."""
    modules = modules_of(package)
    public = {
        name
        for module, path in modules.items()
        for name in public_names(path)
        if f"{module}.{name}" not in modules  # a package lists its modules as well
    }
    return [name for name in modules if name.rpartition(".")[2] in public and name not in PATHS_OF_PYTORCH]


# --- what is in the files ---------------------------------------------------------------------------------------------


def project_files(root: Path) -> list[Path]:
    """Return the files that are tracked or about to be; outside of git, all but hidden folders' and products."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listing = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        files = [root / name for name in listing.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        products = re.compile(r"(\.(?!ci\b).*|__pycache__|venv|build|dist|runs|_build|mnist|.*\.egg-info)$")
        files = [path for path in root.rglob("*") if not any(map(products.match, path.relative_to(root).parent.parts))]
    return sorted(path for path in files if path.is_file())


def long_files(root: Path) -> list[str]:
    """Name each Python file that no one reads at a sitting."""
    lengths = {
        path: path.read_text(encoding="utf-8").count("\n") for path in project_files(root) if path.suffix == ".py"
    }
    return [
        f"{path}: {length} lines, at most {MAX_LINES}"
        for path, length in lengths.items()
        if length > MAX_LINES and path.name not in ONE_CLASS_BODY
    ]


def machine_traces(root: Path) -> list[str]:
    """Name each line that holds a path of somebody's machine, this one's included, or the host of a registry."""
    own_folders = [re.escape(f"{folder}/") for folder in (root.parent, Path.home()) if folder != Path(folder.anchor)]
    # Only absolute paths: in ../data/mnist/ or example.org/data/ something stands before the slash.
    paths = rf"(?<![\w.~)}}/-])(?:{'|'.join([HOME_FOLDER, *own_folders])})"
    trace = re.compile("|".join([paths, *map(re.escape, REGISTRY_WORDS)]))
    faults = []
    for path in project_files(root):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # a picture or an archive
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if match := trace.search(line):
                faults.append(f"{path.relative_to(root)}, line {number}: {match.group()}")
    return faults


# --- what an import loads ---------------------------------------------------------------------------------------------


def loaded_by_import(package: Path) -> set[str]:
    """Return the modules that importing the package loads in a fresh interpreter beyond what NumPy loads."""
    # NumPy's submodules first: numpy.random brings modules of Cython's own.
    program = (
        "import sys, numpy, numpy.fft, numpy.linalg, numpy.random\n"
        "before = set(sys.modules)\n"
        f"sys.path.insert(0, {str(package.parent)!r})\n"
        f"import {package.name}\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    return set(finished.stdout.split())


def needless_loads(package: Path) -> list[str]:
    """Name what `import tinygrad_np` loads though it is from outside, or is needed only on first use."""
    allowed = sys.stdlib_module_names | {"numpy", package.name}
    lazy = tuple(f"{package.name}.{name}" for name in ("nn", "optim", "utils"))
    return sorted(
        name
        for name in loaded_by_import(package)
        if name.split(".")[0] not in allowed or ".".join(name.split(".")[:2]) in lazy
    )


# --- the project ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [order_faults, foreign_imports, shadowing_modules, needless_loads])
def test_package(check: Callable[[Path], list[str]]) -> None:
    assert modules_of(PACKAGE)
    assert check(PACKAGE) == []


@pytest.mark.parametrize("check", [long_files, machine_traces])
def test_files(check: Callable[[Path], list[str]]) -> None:
    assert Path(__file__) in project_files(ROOT)
    assert check(ROOT) == []


# --- the checks themselves --------------------------------------------------------------------------------------------


@pytest.fixture
def write(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Return a function that writes a small package from file names and texts, and returns its folder."""

    def write_package(files: dict[str, str]) -> Path:
        for name, text in ({"__init__.py": ""} | files).items():
            path = tmp_path / "small" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path / "small"

    return write_package


@pytest.mark.parametrize(
    ("name", "text", "target"),
    [
        ("_graph.py", "import small._tensor", "small._tensor"),
        ("_graph.py", "from . import _tensor", "small._tensor"),
        ("_graph.py", "from ._tensor import Tensor", "small._tensor"),
        ("_graph.py", "def f():\n    from small._tensor import Tensor", "small._tensor"),
        ("_graph.py", "import small", "small"),
        ("_graph.py", "from . import Tensor", "small"),
        ("_graph.py", "import importlib", "importlib"),
        ("_graph.py", "if TYPE_CHECKING:\n    pass\nelse:\n    from . import _tensor", "small._tensor"),
        ("ops/__init__.py", "from .. import _tensor", "small._tensor"),
        ("ops/basic.py", "from .._tensor import Tensor", "small._tensor"),
        ("nn/layers/linear.py", "from ...optim import sgd", "small.optim.sgd"),
    ],
)
def test_an_import_up_the_map_is_noticed(write: Callable[..., Path], name: str, text: str, target: str) -> None:
    package = write({"_tensor.py": "", "optim/__init__.py": "", "optim/sgd.py": "", name: text})
    (fault,) = order_faults(package)
    assert fault.endswith(f"may not import {target}")


def test_imports_down_the_map_pass(write: Callable[..., Path]) -> None:
    package = write(
        {
            "__init__.py": "import importlib\nfrom ._tensor import Tensor\nfrom . import nn",
            "_shapes.py": "import math\nif TYPE_CHECKING:\n    from ._tensor import Tensor",
            "_graph.py": "import typing\nfrom . import _shapes\nif typing.TYPE_CHECKING:\n    import small._tensor",
            "ops/__init__.py": "from . import basic",
            "ops/basic.py": "from .. import _graph\nfrom .other import f",
            "ops/other.py": "def f():\n    from ..ops import basic",
            "_tensor.py": "import small.ops.basic",
            "nn/__init__.py": "import importlib\nfrom .._tensor import Tensor",
        }
    )
    assert order_faults(package) == []


def test_a_module_outside_the_map_is_noticed(write: Callable[..., Path]) -> None:
    assert order_faults(write({"strays.py": ""})) == ["small.strays has no place in the map: add it to LAYERS"]


@pytest.mark.parametrize("text", ["import scipy.special", "def f():\n    from pandas import DataFrame"])
def test_a_foreign_import_is_noticed(write: Callable[..., Path], text: str) -> None:
    faults = foreign_imports(write({"_graph.py": f"import math, numpy.linalg, small._shapes\n{text}"}))
    assert len(faults) == 1
    assert faults[0].startswith("small._graph, line ")


@pytest.mark.parametrize("text", ['__all__ = ["trace"]', '__all__: list[str] = ["trace"]', '__all__ += ["trace"]'])
def test_a_module_named_like_a_public_function_is_noticed(write: Callable[..., Path], text: str) -> None:
    assert shadowing_modules(write({"nn/trace.py": "", "ops/basic.py": text})) == ["small.nn.trace"]


def test_other_names_of_modules_pass(write: Callable[..., Path]) -> None:
    modules = {"__init__.py": '__all__ = ["nn"]', "nn/__init__.py": "", "nn/trace.py": "__all__ += other.__all__"}
    assert shadowing_modules(write(modules | {"ops/basic.py": "def trace(): ..."})) == []


def test_a_long_file_is_noticed(write: Callable[..., Path]) -> None:
    package = write({"short.py": "\n" * MAX_LINES, "long.py": "\n" * (MAX_LINES + 1)})
    (fault,) = long_files(package.parent)
    assert "long.py: 451 lines" in fault


def test_machine_traces_are_noticed(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/srv/ada"))
    folders = ["/".join(["", *parts, ""]) for parts in (("root",), ("home", "ada"), ("Users", "ada"))]
    folders += ["\\".join(["C:", "Users", "ada"]), f"{Path.home()}/", f"{write({}).parent.parent}/"]
    lines = [f'path = "{folder}digits"' for folder in folders] + [f"https://{word}" for word in REGISTRY_WORDS]
    package = write({"traces.py": "\n".join(lines)})
    assert len(machine_traces(package.parent)) == len(lines)


def test_relative_paths_and_addresses_pass(write: Callable[..., Path]) -> None:
    lines = ["../home/ada/digits", "https://example.org/home/ada/", "https://example.org/Users/ada/"]
    package = write({"paths.py": "\n".join(lines)})
    (package / "picture.png").write_bytes(b"\x89PNG\xff")
    assert machine_traces(package.parent) == []


def test_without_git_products_are_left_out(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    products = (".venv", "venv", "__pycache__", "build", "dist", "runs", "docs/_build", "small.egg-info")
    package = write({"code.py": "", ".ci/run": ""} | {f"{folder}/code.py": "" for folder in products})
    monkeypatch.setenv("PATH", "")
    assert {str(path.relative_to(package)) for path in project_files(package)} == {"__init__.py", "code.py", ".ci/run"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import hypothesis", "hypothesis"),
        ("from . import nn", "small.nn"),
        ("from .optim import sgd", "small.optim.sgd"),
        ("import small.utils.data", "small.utils.data"),
    ],
)
def test_a_needless_load_is_noticed(write: Callable[..., Path], text: str, name: str) -> None:
    layers = {f"{layer}.py": "" for layer in ("nn/__init__", "optim/sgd", "utils/data")}
    start = "import json\nfrom . import _shapes\n"
    assert needless_loads(write(layers | {"_shapes.py": "", "__init__.py": start})) == []
    assert name in needless_loads(write(layers | {"_shapes.py": "", "__init__.py": start + text}))
