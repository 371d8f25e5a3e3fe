#!/usr/bin/env python3
"""Counts the test cases of one `bazel test` run.

Reads the run's build event file (--build_event_json_file) and the test.xml of every test that it names.
A target that was not built, crashed or ran out of time counts as one failed case. The last line printed is
"N passed, N failed"; it never says "0 failed" where Bazel's exit code says otherwise.
"""

import argparse
import json
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree


def cases_of(path):
    """The (passed, failed, skipped) cases of a test.xml, or None where it cannot be read."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    passed, failed, skipped = [], [], []
    for case in root.iter("testcase"):
        name = case.get("classname", "") + "." + case.get("name", "")
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(name)
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            skipped.append(name)
        else:
            passed.append(name)
    return passed, failed, skipped


def read_events(path):
    """What the run says of each target: {(label, shard, run): last result}, {label: why not built}."""
    results, not_built = {}, {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            event_id = event.get("id", {})
            if "testResult" in event_id and "testResult" in event:
                key = event_id["testResult"]
                # Later attempts of the same run come later and replace the earlier ones.
                results[key["label"], key.get("shard", 0), key.get("run", 0)] = event["testResult"]
            elif "targetCompleted" in event_id:
                label = event_id["targetCompleted"]["label"]
                aborted = event.get("aborted", {})
                if aborted.get("reason") == "SKIPPED":
                    continue
                if aborted or not event.get("completed", {}).get("success", False):
                    not_built[label] = aborted.get("description") or "not built"
    return results, not_built


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bazel_exit_code", type=int, required=True)
    parser.add_argument("events")
    arguments = parser.parse_args()

    try:
        results, not_built = read_events(arguments.events)
    except (OSError, ValueError) as error:
        print(f"no results: {error}")
        results, not_built = {}, {}

    passed = failed = skipped = 0
    for (label, _, _), result in sorted(results.items()):
        files = {f["name"]: f.get("uri", "") for f in result.get("testActionOutput", [])}
        path = urllib.parse.unquote(urllib.parse.urlparse(files.get("test.xml", "")).path)
        cases = cases_of(path) or ([], [], [])
        passed += len(cases[0])
        failed += len(cases[1])
        skipped += len(cases[2])
        for name in cases[1]:
            print(f"FAILED: {label} {name}")
        for name in cases[2]:
            print(f"skipped: {label} {name}")
        status = result.get("status", "NO_STATUS")
        if status != "PASSED" and not cases[1]:
            failed += 1
            print(f"FAILED: {label}: {status}")
        elif status == "PASSED" and not any(cases):
            failed += 1
            print(f"FAILED: {label}: passed without a single case")
    for label, reason in sorted(not_built.items()):
        if not any(key[0] == label for key in results):
            failed += 1
            print(f"FAILED: {label}: {reason}")
    if arguments.bazel_exit_code != 0 and failed == 0:
        failed = 1
        print(f"FAILED: bazel exited with {arguments.bazel_exit_code}")
    if skipped:
        print(f"{skipped} skipped")
    print(f"{passed} passed, {failed} failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
