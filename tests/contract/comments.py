"""Every message, field, enum, value, service and method of the contract has a comment.

Usage: comments.py DESCRIPTOR_SET (made with --include_source_info). Prints what has none.
"""

import sys

from google.protobuf import descriptor_pb2

# Where a FileDescriptorProto, and what is in it, keeps its named parts: field number, then attribute.
FILE = ((4, "message_type"), (5, "enum_type"), (6, "service"))
INNER = {
    "message_type": ((2, "field"), (3, "nested_type"), (4, "enum_type"), (8, "oneof_decl")),
    "nested_type": ((2, "field"), (3, "nested_type"), (4, "enum_type"), (8, "oneof_decl")),
    "enum_type": ((2, "value"),),
    "service": ((2, "method"),),
}


def parts(holder, fields, path, name):
    for number, attribute in fields:
        for index, part in enumerate(getattr(holder, attribute)):
            if attribute == "nested_type" and part.options.map_entry:
                continue
            here = path + (number, index)
            yield here, f"{name}.{part.name}"
            yield from parts(part, INNER.get(attribute, ()), here, f"{name}.{part.name}")


def main(descriptor_set):
    files = descriptor_pb2.FileDescriptorSet.FromString(open(descriptor_set, "rb").read())
    missing = []
    for file in files.file:
        comments = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}
        missing += [f"{file.name}: {name}" for path, name in parts(file, FILE, (), "") if not comments.get(path)]
    print("\n".join(missing) or f"all parts of {len(files.file)} files have comments")
    return 1 if missing or not files.file else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
