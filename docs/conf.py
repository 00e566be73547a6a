"""How the documentation is built: `tox -e docs`."""

import sys
from pathlib import Path

import swf

sys.path.insert(0, str(Path(__file__).parent))

project = "swf"
author = "The swf authors"
copyright = "2026, The swf authors"
version = release = swf.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "declared_attributes"]
exclude_patterns = ["_build", "changes/*"]
html_theme = "furo"
html_title = "swf"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# In docstrings, `History` is a link where there is something to link to.
default_role = "py:obj"
python_maximum_signature_line_length = 100
add_module_names = False
toc_object_entries_show_parents = "hide"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "show-inheritance": True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
