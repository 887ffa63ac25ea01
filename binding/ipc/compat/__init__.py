"""Drop-in replacements: modules that others have, on the functions of `ipc`."""
