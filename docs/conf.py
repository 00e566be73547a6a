"""How the documentation is built: `tox -e docs`."""

import swf

project = "swf"
author = "The swf authors"
copyright = "2026, The swf authors"
version = release = swf.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "changes/*"]
html_theme = "furo"
html_title = "swf"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "show-inheritance": True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
