# What a file of compiled kernels is, read by LIEF: its format, processor, exports, the libraries and the system that it
# asks for. Prints JSON; run by inspect.js.
import json
import re
import sys

import lief

lief.logging.disable()
binary = lief.parse(sys.argv[1])
if binary is None:
    sys.exit("no ELF, Mach-O or PE file")


def has_version(symbol):
    return symbol.has_version and symbol.symbol_version.has_auxiliary_version


def of_elf():
    needed = {
        version.name
        for library in binary.symbols_version_requirement
        for version in library.get_auxiliary_symbols()
    }
    versions = [re.fullmatch(r"GLIBC_([\d.]+)", name) for name in needed]
    if None in versions:
        sys.exit(f"asks for versions of another library than glibc: {', '.join(sorted(needed))}")
    numbers = sorted((list(map(int, found[1].split("."))) for found in versions))
    undefined = [symbol for symbol in binary.dynamic_symbols if symbol.name and symbol.shndx == 0]
    # With glibc, whatever has no version is Node's; musl's own functions have none either.
    own = [symbol for symbol in undefined if symbol.binding.name == "GLOBAL" and not has_version(symbol)]
    host = [symbol.name for symbol in own if numbers or symbol.name.startswith(("napi_", "node_api_"))]
    return {
        "machine": binary.header.machine_type.name,
        "exports": [symbol.name for symbol in binary.exported_symbols],
        "libraries": binary.libraries,
        "system": ".".join(map(str, numbers[-1])) if numbers else None,
        "host": host,
        "isSigned": False,
    }


def of_macho():
    [own, *others] = [library.name for library in binary.libraries]
    without_underscore = lambda symbol: symbol.name.removeprefix("_")  # noqa: E731
    # Looked up in whatever is loaded: Node's.
    flat = [symbol for symbol in binary.imported_symbols if symbol.library_ordinal in (0, 254)]
    return {
        "machine": binary.header.cpu_type.name,
        "exports": [without_underscore(symbol) for symbol in binary.exported_symbols],
        "libraries": others,
        "system": ".".join(map(str, binary.build_version.minos[:2])),
        "host": [without_underscore(symbol) for symbol in flat],
        "isSigned": binary.has_code_signature,
    }


def of_pe():
    header = binary.optional_header
    from_node = [entry for entry in binary.imports if entry.name.upper() == "NODE.EXE"]
    return {
        "machine": binary.header.machine.name,
        "exports": [entry.name for entry in binary.get_export().entries],
        "libraries": binary.libraries,
        "system": f"{header.major_subsystem_version}.{header.minor_subsystem_version}",
        "host": [function.name for library in from_node for function in library.entries],
        "isSigned": False,
    }


readers = {"ELF": of_elf, "MACHO": of_macho, "PE": of_pe}
found = readers[binary.format.name]()
print(json.dumps({"format": binary.format.name, **found}))
