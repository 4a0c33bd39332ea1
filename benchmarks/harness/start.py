"""What the start of a function costs, beside a function that does nothing."""

import json
import subprocess

from .rows import Row


def measure(start, hello, verify, env):
    """All rows of this part. The first is the program that measures, which is at it as it was started."""
    measured = json.loads(subprocess.run([start, hello, verify], env=env, check=True, stdout=subprocess.PIPE).stdout)
    bare, ours = measured["hello"], measured["verify"]
    poll = ours["first_poll"] / bare["first_poll"]
    return [
        Row("verify function: exec to first poll", ours["first_poll"], bare["first_poll"], "ms", 2, "at most", poll),
        Row(
            "verify function: first answer, after that of the floor",
            ours["first_answer"] - bare["first_answer"], None, "ms", 3, "at most",
        ),
        # What the table takes for the same requests is no work of the function.
        Row(
            "the same, without what the table takes for its requests",
            ours["first_answer"] - bare["first_answer"] - measured["table"], measured["table"], "ms", 3, "at most",
            beside="its requests, sent by nothing but a socket",
        ),
        Row("verify function: size", ours["size"] / 1e6, None, "MB", 7, "at most"),
    ]
