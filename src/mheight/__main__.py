"""`python -m mheight` is the command line."""

from mheight.cli.main import run

if __name__ == "__main__":
    run()
