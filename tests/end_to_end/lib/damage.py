"""Damage to files of a data directory, as a bad disk does it. It belongs to the end-to-end scripts only."""


def flip(path, at):
    """Turns one bit of the byte at `at` over."""
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 0x10]))
