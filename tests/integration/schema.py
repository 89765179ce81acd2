# SPDX-License-Identifier: ISC
"""As much of JSON Schema as tests/data/json/protocol.schema.json uses."""
import json
import os
import re

from lab import SRCDIR

TYPES = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}


class Schema:
    def __init__(self):
        with open(os.path.join(SRCDIR, "tests", "data", "json", "protocol.schema.json"),
                  encoding="utf-8") as file:
            self.definitions = json.load(file)["definitions"]

    def faults(self, name, value):
        """What is wrong with a value that should be a `name`: sentences, or nothing."""
        return list(self.check(self.definitions[name], value, name))

    def check(self, rule, value, place):
        if "$ref" in rule:
            rule = self.definitions[rule["$ref"].rsplit("/", 1)[1]]
        kind = TYPES[rule["type"]]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            yield "%s is no %s: %r" % (place, rule["type"], value)
            return
        if value not in rule.get("enum", [value]):
            yield "%s is none of %s: %r" % (place, rule["enum"], value)
        if "pattern" in rule and not re.search(rule["pattern"], value):
            yield "%s is not like %s: %r" % (place, rule["pattern"], value)
        if kind is list:
            for index, item in enumerate(value):
                yield from self.check(rule["items"], item, "%s[%d]" % (place, index))
        if kind is dict:
            yield from self.check_object(rule, value, place)

    def check_object(self, rule, value, place):
        for key in rule["required"]:
            if key not in value:
                yield "%s has no %s" % (place, key)
        for key, one in value.items():
            if key in rule["properties"]:
                yield from self.check(rule["properties"][key], one, "%s.%s" % (place, key))
            else:
                yield "%s has a key that nobody knows: %s" % (place, key)
