"""The hosted entry: `python app.py` is `askdoc serve`, with the same options."""

import sys

from askdoc.cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "serve")
    main()
