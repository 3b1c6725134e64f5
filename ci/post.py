"""Posts a report in Markdown to the pull request or merge request that it is about.

It knows GitHub and GitLab by the variables that they set, and needs nothing but Python. A comment
that it posted before is written anew. Where it may not post, as from a fork, it says so and the
job goes on: whether the job fails is the gate's affair.

Usage: python post.py askdoc-report/report.md
"""

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

MARK = "<!-- askdoc evaluate -->"
MOST_CHARACTERS = 60_000
TIMEOUT_S = 30.0


def call(method: str, url: str, headers: dict[str, str], body: object = None) -> object:
    """Sends one request and returns the JSON of its answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method)
    for name, value in {"Content-Type": "application/json", **headers}.items():
        request.add_header(name, value)
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        return json.loads(answer.read() or b"null")


def github(text: str) -> str:
    """Adds the report to the job's summary, and to the pull request where there is one."""
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(text)
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    number = event.get("pull_request", {}).get("number")
    if not number:
        return "written to the summary; there is no pull request"
    api = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}"
    headers = {
        "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
        "Accept": "application/vnd.github+json",
    }
    comments = f"{api}/issues/{number}/comments"
    if known := ours(call("GET", f"{comments}?per_page=100", headers)):
        call("PATCH", f"{api}/issues/comments/{known}", headers, {"body": text})
        return f"comment {known} written anew"
    call("POST", comments, headers, {"body": text})
    return f"posted to pull request {number}"


def gitlab(text: str) -> str:
    """Posts the report to the merge request."""
    request = os.environ.get("CI_MERGE_REQUEST_IID")
    if not request:
        return "there is no merge request"
    headers = {"PRIVATE-TOKEN": os.environ["ASKDOC_GITLAB_TOKEN"]}
    project = f"{os.environ['CI_API_V4_URL']}/projects/{os.environ['CI_PROJECT_ID']}"
    notes = f"{project}/merge_requests/{request}/notes"
    if known := ours(call("GET", f"{notes}?per_page=100", headers)):
        call("PUT", f"{notes}/{known}", headers, {"body": text})
        return f"note {known} written anew"
    call("POST", notes, headers, {"body": text})
    return f"posted to merge request {request}"


def ours(comments: object) -> int | None:
    """The id of the comment that was posted before, or none."""
    rows = comments if isinstance(comments, list) else []
    return next((int(row["id"]) for row in rows if str(row.get("body", "")).startswith(MARK)), None)


def main() -> None:
    """Posts the file named on the command line."""
    text = f"{MARK}\n{Path(sys.argv[1]).read_text(encoding='utf-8')}"[:MOST_CHARACTERS]
    try:
        if "GITHUB_EVENT_PATH" in os.environ:
            print(f"askdoc: {github(text)}")
        elif "CI_API_V4_URL" in os.environ:
            print(f"askdoc: {gitlab(text)}")
        else:
            print("askdoc: neither GitHub nor GitLab; nothing is posted")
    except urllib.error.HTTPError as error:
        print(f"askdoc: the report may not be posted here (status {error.code})")
    except (urllib.error.URLError, TimeoutError) as error:
        print(f"askdoc: the report could not be posted: {error}")
    except KeyError as error:
        print(f"askdoc: the report is not posted: set {error.args[0]}")


if __name__ == "__main__":
    main()
