"""A small coder for the Kafka protocol, so that tests can say what no client says.

Messages are dictionaries; a schema is text, one field a line:

    name: type [since N] [until N] [= default]

with the types bool, int8 to int64, uint16, float64, string, bytes, uuid (a `?` behind the type allows null),
and `[type]` for arrays. `name: [` begins an array of structs, `name: {` a single struct (`[?` and `{?` may be
null); the closing bracket stands on a line of its own.
Tagged fields are not named: decoding keeps them raw under "_tags".
"""

import struct

_NUMBERS = {
    "bool": "?",
    "int8": ">b",
    "int16": ">h",
    "uint16": ">H",
    "int32": ">i",
    "int64": ">q",
    "float64": ">d",
}


class Field:
    def __init__(self, line):
        head, _, default = line.partition(" = ")
        self.name, kind, *limits = head.replace(":", " ").split()
        self.since = int(limits[limits.index("since") + 1]) if "since" in limits else 0
        self.until = int(limits[limits.index("until") + 1]) if "until" in limits else 1000
        self.default = _default(default.strip()) if default else None
        self.nullable = kind.endswith("?")
        kind = kind.rstrip("?")
        self.is_array = kind.startswith("[")
        self.kind = kind.strip("[]")
        self.fields = None

    def exists(self, version):
        return self.since <= version <= self.until


class Api:
    def __init__(self, key, name, flexible_from, request, response):
        self.key, self.name, self.flexible_from = key, name, flexible_from
        self.request, self.response = parse(request), parse(response)

    def is_flexible(self, version):
        return version >= self.flexible_from


def parse(text):
    """The fields of a schema; nesting follows the brackets."""
    stack = [[]]
    for line in filter(None, (line.strip() for line in text.splitlines())):
        if line in ("]", "}"):
            stack.pop()
            continue
        field = Field(line)
        stack[-1].append(field)
        if field.kind in ("", "{"):
            field.fields = []
            stack.append(field.fields)
    return stack[0]


class Writer:
    def __init__(self, version, flexible):
        self.version, self.flexible, self.parts = version, flexible, []

    def struct(self, fields, value):
        unknown = set(value) - {field.name for field in fields} - {"_tags"}
        assert not unknown, f"no such fields: {unknown}"
        for field in fields:
            if field.exists(self.version):
                self.field(field, value.get(field.name, field.default))
        if self.flexible:
            tags = value.get("_tags", {})
            self.uvarint(len(tags))
            for tag, data in sorted(tags.items()):
                self.uvarint(tag)
                self.uvarint(len(data))
                self.parts.append(data)

    def field(self, field, value):
        if not field.is_array:
            return self.single(field, value)
        if value is None and not field.nullable:
            value = []
        self.length(None if value is None else len(value), ">i")
        for element in value or ():
            self.single(field, element)

    def single(self, field, value):
        if field.fields is not None:
            if not field.is_array and field.nullable:
                self.parts.append(b"\xff" if value is None else b"\x01")
                if value is None:
                    return
            self.struct(field.fields, value or {})
        elif field.kind in _NUMBERS:
            self.parts.append(struct.pack(_NUMBERS[field.kind], value or 0))
        elif field.kind == "uuid":
            self.parts.append(value or bytes(16))
        else:
            data = value.encode() if isinstance(value, str) else value
            data = b"" if data is None and not field.nullable else data
            self.length(None if data is None else len(data), ">h" if field.kind == "string" else ">i")
            self.parts.append(data or b"")

    def length(self, count, classic):
        if self.flexible:
            self.uvarint(0 if count is None else count + 1)
        else:
            self.parts.append(struct.pack(classic, -1 if count is None else count))

    def uvarint(self, value):
        while value > 0x7F:
            self.parts.append(bytes([value & 0x7F | 0x80]))
            value >>= 7
        self.parts.append(bytes([value]))


class Reader:
    def __init__(self, data, version, flexible):
        self.data, self.version, self.flexible, self.position = memoryview(data), version, flexible, 0

    def struct(self, fields):
        value = {field.name: self.field(field) for field in fields if field.exists(self.version)}
        if self.flexible:
            tags = self.tags()
            if tags:
                value["_tags"] = tags
        return value

    def tags(self):
        return {self.uvarint(): bytes(self.take(self.uvarint())) for _ in range(self.uvarint())}

    def field(self, field):
        if not field.is_array:
            return self.single(field)
        count = self.length(">i")
        return None if count is None else [self.single(field) for _ in range(count)]

    def single(self, field):
        if field.fields is not None:
            if not field.is_array and field.nullable and self.take(1)[0] == 0xFF:
                return None
            return self.struct(field.fields)
        if field.kind in _NUMBERS:
            return self.number(_NUMBERS[field.kind])
        if field.kind == "uuid":
            return bytes(self.take(16))
        count = self.length(">h" if field.kind == "string" else ">i")
        if count is None:
            return None
        data = bytes(self.take(count))
        return data.decode() if field.kind == "string" else data

    def length(self, classic):
        count = self.uvarint() - 1 if self.flexible else self.number(classic)
        return None if count < 0 else count

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def uvarint(self):
        value, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def take(self, count):
        assert self.position + count <= len(self.data), f"cut off at byte {self.position}"
        taken = self.data[self.position : self.position + count]
        self.position += count
        return taken


def _default(text):
    return int(text) if text.lstrip("-").isdigit() else {"true": True, "false": False}.get(text, text)
