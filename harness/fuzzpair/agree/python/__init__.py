"""What runs beside the twins in a sandbox: the standard library, pure modules of this package, and atheris."""
