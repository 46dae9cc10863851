#!/usr/bin/python3
"""The Helm chart: its renders.

chart.py promises|schemas|helm|update

Each chart/NAME.values.yaml has a render, chart/NAME.golden.yaml.

promises  the renders have what the product promises of its pods, every value is described, and a sum of all that goes into
          the renders tells that they are of the chart as it is now
schemas   the renders are valid for Kubernetes (kubernetes-validate, from PyPI)
helm      helm renders the same, and refuses bad values (HELM, or in the path)
update    writes the renders anew, with helm
"""
import glob
import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys

import yaml

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
chart = os.path.join(root, "charts", "expertline")
VERSION = "1.31"
KUBERNETES_VALIDATE = "1.37.0"
faults = []
HELM = os.environ.get("HELM") or "helm"


def expect(truth, what):
    if not truth:
        faults.append(what)


def sources():
    names = [path for path in glob.glob(chart + "/**", recursive=True) if os.path.isfile(path)]
    names += glob.glob(here + "/chart/*.values.yaml")
    total = hashlib.sha256()
    for path in sorted(names):
        name = os.path.relpath(path, root)
        if "/dashboards/" in name or name.endswith(".test.yaml"):  # not in the renders
            continue
        with open(path, "rb") as file:
            total.update(name.encode() + b"\0" + file.read() + b"\0")
    return total.hexdigest()


def helm(*arguments):
    return subprocess.run([HELM, *arguments], check=True, capture_output=True, text=True).stdout


def render(values):
    return helm("template", "wall", chart, "--namespace", "expertline", "--kube-version", VERSION + ".0", "--values", values)


def renders():
    for values in sorted(glob.glob(here + "/chart/*.values.yaml")):
        yield values, values.replace(".values.yaml", ".golden.yaml")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def with_helm():
    for values, golden in renders():
        expect(render(values) == read(golden), f"{golden} is not what helm renders; chart.py --update writes it")
    helm("lint", "--strict", chart, "--kube-version", VERSION + ".0", "--set", "redis.address=redis:6379")
    for bad in (["nonsense=1"], ["redis.address=redis"], ["redis.trial.enabled=true"], ["sessionBridge.replicas=0"]):
        settings = [part for one in ["redis.address=redis:6379", *bad] for part in ("--set", one)]
        done = subprocess.run([HELM, "template", "x", chart, "--kube-version", VERSION + ".0", *settings],
                              capture_output=True, check=False)
        expect(done.returncode != 0, f"helm takes {bad[0]}")
    wall = helm("template", "x", chart, "--kube-version", VERSION + ".0", "--set", "redis.address=redis:6379", "--set",
                "monitoring.dashboards.enabled=true", "--set", "monitoring.runbooks=https://runbooks.example")
    boards = [json.loads(next(iter(one["data"].values()))) for one in yaml.safe_load_all(wall)
              if one and one["kind"] == "ConfigMap" and "dashboard" in one["metadata"]["name"]]
    expect(len(boards) == len(glob.glob(chart + "/dashboards/*.json")), f"{len(boards)} dashboards are rendered")
    expect(all("localhost" not in json.dumps(board) for board in boards), "a dashboard names localhost")


def skip(reason):
    print("SKIPPED " + reason)
    sys.exit(77)


def schemas():
    """Fetched once; afterwards no network is needed."""
    folder = os.path.join(root, "build", "tools", "python")
    os.makedirs(folder, exist_ok=True)
    sys.path.insert(0, folder)
    if not os.path.isdir(folder + "/kubernetes_validate"):
        done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", folder,
                               f"kubernetes-validate=={KUBERNETES_VALIDATE}"],
                              capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            skip("pip cannot fetch kubernetes-validate: " + (done.stderr.strip().splitlines() or ["?"])[-1])
    importlib.invalidate_caches()
    import kubernetes_validate
    for _, golden in renders():
        for one in yaml.safe_load_all(read(golden)):
            if "monitoring.coreos.com" in one["apiVersion"]:
                continue  # the operator's, whose schemas are not among those of Kubernetes
            try:
                kubernetes_validate.validate(one, VERSION, strict=True)
            except kubernetes_validate.ValidationError as error:
                expect(False, f"{golden}: {one['kind']} {one['metadata']['name']}: {error.message}")


def pods(objects):
    for one in objects:
        if one["kind"] in ("Deployment", "StatefulSet"):
            yield one["metadata"]["name"], one["spec"]["template"]["spec"]


def promises(golden, objects):
    names = {(one["kind"], one["metadata"]["name"]) for one in objects}
    expect(len(names) == len(objects), f"{golden}: two objects of one name")
    for name, pod in pods(objects):
        where = f"{os.path.basename(golden)}: {name}"
        expect(pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault",
               where + " may run as root, or without seccomp")
        expect(pod["automountServiceAccountToken"] is False, where + " has a token of the API")
        for container in pod["containers"]:
            security = container["securityContext"]
            expect(security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"] and
                   security["capabilities"] == {"drop": ["ALL"]}, where + " may do too much")
            expect({"startupProbe", "livenessProbe", "readinessProbe"} <= set(container), where + " lacks a probe")
            expect("memory" in container["resources"]["limits"] and "cpu" in container["resources"]["requests"],
                   where + " lacks requests or limits")
            expect(":" in container["image"] and not container["image"].endswith(":latest"), where + " has an image without a version")
            maps = [source["configMap"] for volume in pod.get("volumes", []) for source in volume["projected"]["sources"]]
            for one in maps:
                data = next(o["data"] for o in objects if (o["kind"], o["metadata"]["name"]) == ("ConfigMap", one["name"]))
                expect({item["key"] for item in one["items"]} == set(data), where + " does not mount what its ConfigMap has")
    services = [one for one in objects if one["kind"] == "Service" and "redis" not in one["metadata"]["name"]]
    expect(len(services) == 3 and all(one["spec"]["clusterIP"] == "None" for one in services), f"{golden}: services are not headless")
    for one in objects:  # what a configuration names, exists
        if one["kind"] == "ConfigMap":
            config = yaml.safe_load(one["data"]["config.yaml"])
            for key in ("presence", "strategy"):
                host, port = config.get(key, "").removeprefix("dns:///").partition(":")[::2]
                expect(not host or any(s["metadata"]["name"] == host and any(p["port"] == int(port) for p in s["spec"]["ports"])
                                       for s in services), f"{golden}: {key} is {config.get(key)}, which no Service is")


def values_are_described():
    import jsonschema  # Debian's; what `schemas` fetches brings another one
    schema = json.loads(read(chart + "/values.schema.json"))
    jsonschema.Draft7Validator.check_schema(schema)
    values = yaml.safe_load(read(chart + "/values.yaml"))
    jsonschema.validate(values, schema)

    def walk(part, value, path):
        expect("description" in part, f"values.schema.json: {path} has no description")
        if part.get("additionalProperties") is False and "properties" in part:
            for key, inner in part["properties"].items():
                expect(isinstance(value, dict) and (key in value or path.startswith("values.image") or "resources" in path or
                                                    key == "global"), f"values.yaml lacks {path}.{key}")
                walk(inner, value.get(key, {}) if isinstance(value, dict) else {}, f"{path}.{key}")

    walk(schema, values, "values")


def main():
    what = sys.argv[1] if len(sys.argv) == 2 else ""
    sum_file = here + "/chart/sources.sha256"
    if what == "update":
        for values, golden in renders():
            with open(golden, "w", encoding="utf-8") as file:
                file.write(render(values))
        with open(sum_file, "w", encoding="utf-8") as file:
            file.write(sources() + "\n")
    elif what == "promises":
        expect(read(sum_file).strip() == sources(), "the chart has changed since its renders were written: chart.py update")
        values_are_described()
        for _, golden in renders():
            promises(golden, [one for one in yaml.safe_load_all(read(golden)) if one])
    elif what == "schemas":
        schemas()
    elif what == "helm":
        if not shutil.which(HELM):
            skip("there is no helm; go install helm.sh/helm/v3/cmd/helm@v3.22.0 makes one")
        with_helm()
    else:
        sys.exit(__doc__)
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
