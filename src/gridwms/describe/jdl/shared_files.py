"""The parent's input sandbox: files that are sent once, however many nodes want them (gLite reference §1.4 to §1.6)."""

from __future__ import annotations

from collections.abc import Callable

from gridwms.classad import ClassAd, Expr, ListExpression, Literal
from gridwms.describe.description import SandboxFile
from gridwms.describe.jdl.draft import Draft, shown
from gridwms.describe.jdl.inputs import Trouble, input_file
from gridwms.describe.jdl.node_files import Pointer, is_stored_form, output_text, pointer, shared_text

OutputOf = Callable[[str, int], tuple[str, str]]
"""The spelling of a node's name, and item `index` of its OutputSandbox. Raises Trouble."""


class SharedFiles:
    """Files of the user's machine by number, each path once; and the items of the parent's own InputSandbox."""

    def __init__(self, parent: Draft) -> None:
        self.files: list[SandboxFile] = []
        self._numbers: dict[str, int] = {}
        self._items: list[str | None] = []
        base, names = parent.text("InputSandboxBaseURI"), parent.texts("InputSandboxDestFileName")
        for index, item in enumerate(parent.texts("InputSandbox")):
            try:
                file = input_file(item, base, names[index] if index < len(names) else "")
            except Trouble:
                self._items.append(None)
                continue
            self._items.append(self._stored(file, names[index] if index < len(names) else ""))

    @property
    def count(self) -> int:
        """How many items the parent's InputSandbox has."""
        return len(self._items)

    def resolve(self, node: ClassAd, draft: Draft, output_of: OutputOf, keep: Callable[[str], bool]) -> ClassAd:
        """The node with references replaced by what they mean, and local files by those of the parent.

        `keep`: says of a path that it is another for each node, so that it stays with the node. What cannot be
        resolved is reported to `draft`.
        """
        sandbox = node.get("InputSandbox")
        if sandbox is None:
            return node
        items = sandbox.items if isinstance(sandbox, ListExpression) else (sandbox,)
        base = node.get("InputSandboxBaseURI")
        base_text = base.value if isinstance(base, Literal) and isinstance(base.value, str) else ""
        known = base is None or bool(base_text)
        done = [
            self._resolved(index, item, base_text, draft, output_of, keep, known) for index, item in enumerate(items)
        ]
        if all(one is other for one, other in zip(items, done, strict=True)):
            return node
        kept = tuple(item for item in done if item is not None)
        return node.with_({"InputSandbox": ListExpression(kept, sandbox.line, sandbox.column)})

    def _resolved(
        self,
        index: int,
        item: Expr,
        base: str,
        draft: Draft,
        output_of: OutputOf,
        keep: Callable[[str], bool],
        known: bool,
    ) -> Expr | None:
        if not isinstance(item, Literal) or not isinstance(item.value, str):
            return item
        text: str | None = item.value
        at = (item.line, item.column)
        pointed = pointer(item.value)
        if pointed is not None:
            try:
                text = self.pointed(pointed, output_of)
            except Trouble as trouble:
                name = f"root.Nodes.{pointed.node}.Description.OutputSandbox" if pointed.node else "root.InputSandbox"
                message = f"{name}[{pointed.item}]: {trouble.message}"
                draft.error(trouble.code, "InputSandbox", message, accepted=trouble.accepted, at=at)
                return None
        elif is_stored_form(item.value):
            draft.error("bad_url", "InputSandbox", f"{shown(item.value)} is a form of the service's own", at=at)
        elif known and not keep(item.value):
            try:
                file = input_file(item.value, base, "")
            except Trouble:
                return item
            text = self._stored(file, "") if file.local else None
        else:
            text = None
        return item if text is None or text == item.value else Literal(text, item.line, item.column)

    def pointed(self, pointer: Pointer, output_of: OutputOf) -> str:
        """How a node's InputSandbox says what is pointed to. Raises Trouble."""
        if pointer.node:
            return output_text(*output_of(pointer.node, pointer.item))
        return self._item(pointer.item)

    def _item(self, index: int) -> str:
        if index < len(self._items):
            return self._items[index] or ""
        what = f"the parent's InputSandbox has {len(self._items)} items, numbered from 0"
        raise Trouble("unknown_file", what, "the number of one of them")

    def _stored(self, file: SandboxFile, name: str) -> str:
        """How a node's InputSandbox says it."""
        if not file.local:
            return file.url
        if file.local not in self._numbers:
            self._numbers[file.local] = len(self.files)
            self.files.append(SandboxFile(name=file.name, local=file.local))
        return shared_text(self._numbers[file.local], name or file.name)
