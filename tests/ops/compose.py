#!/usr/bin/python3
"""docker-compose.yml, the Dockerfile and what they name: every path exists, names and ports agree. No engine is needed."""
import glob
import os
import re
import sys

import yaml

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
faults = []


def expect(truth, what):
    if not truth:
        faults.append(what)


def read(name):
    with open(os.path.join(root, name), encoding="utf-8") as file:
        return file.read()


def installed():
    """Where the package puts what: path in the image to path here."""
    return {"/usr/lib/expertline/healthy": "packaging/healthy", "/usr/share/expertline/examples/": "examples/",
            "/usr/share/expertline/strategies": "strategies", "/usr/lib/expertline/": "services/"}


def exists_in_image(path):
    for there, source in installed().items():
        if path.startswith(there):
            return os.path.exists(os.path.join(root, source + path[len(there):]))
    return False


def compose():
    services = yaml.safe_load(read("docker-compose.yml"))["services"]
    volumes = yaml.safe_load(read("docker-compose.yml"))["volumes"]
    options, listens = {}, {}
    for name, one in services.items():
        expect("build" in one or re.fullmatch(r"expertline|[\w./-]+:[\w.-]+", one["image"]), f"{name}: image without a version")
        expect(name == "load" or "healthcheck" in one, f"{name} has no health check")
        for dependency in one.get("depends_on", {}):
            expect(dependency in services, f"{name} depends on {dependency}, which there is not")
        for volume in one.get("volumes", []):
            source = volume.split(":")[0]
            expect(os.path.exists(os.path.join(root, source)) if source.startswith("./") else source in volumes,
                   f"{name}: there is no {source}")
        for port in one.get("ports", []):
            expect(port.startswith("127.0.0.1:"), f"{name}: {port} is open to the network")
        for word in one.get("command", []):
            for path in re.findall(r"(/usr/(?:lib|share)/expertline/\S+)", word):
                expect(exists_in_image(path), f"{name}: {path} is not in the image")
        options[name] = dict(word[2:].split("=", 1) for word in one.get("command", []) if re.match(r"--[\w.-]+=", word))
    for name in ("presence-ingest", "strategy-evaluation", "session-bridge"):
        listens[name] = {key: options[name][key].rsplit(":", 1)[1] for key in ("listen", "metrics")}
        expect(services[name]["healthcheck"]["test"][-1] == listens[name]["metrics"], f"{name}: the health check asks another port")
        expect(services[name]["read_only"] and services[name]["cap_drop"] == ["ALL"], f"{name} may do too much")
        known = "".join(read(path) for path in glob.glob(root + f"/services/{name}/*.cc") + glob.glob(root + "/services/lib/app/*.cc"))
        for option in options[name]:
            expect(f'"--{option}"' in known, f"{name} has no option --{option}")
        source = read(f"packaging/etc/{name}.yaml")
        for key, port in listens[name].items():
            expect(re.search(rf"^{key}: .*:{port}$", source, re.M), f"packaging/etc/{name}.yaml: {key} has another port than {port}")
    for name, key in (("strategy-evaluation", "presence"), ("session-bridge", "strategy")):
        host, port = options[name][key].removeprefix("dns:///").split(":")
        expect(host in services and listens[host]["listen"] == port, f"{name}: nobody serves {options[name][key]}")
    for address in services["load"]["command"][1:]:
        host, port = address.split(":")
        expect(listens[host]["listen"] == port, f"load: nobody serves {address}")
    return services, options, listens


def monitoring(services, options, listens):
    prometheus = yaml.safe_load(read("examples/monitoring/prometheus.yaml"))
    jobs = {job["job_name"]: job["dns_sd_configs"][0] for job in prometheus["scrape_configs"]}
    expect(set(jobs) == set(listens), f"jobs {sorted(jobs)}")
    for name, target in jobs.items():
        expect(target["names"] == [name] and str(target["port"]) == listens[name]["metrics"], f"the job {name} scrapes another target")
    mounts = {part.split(":")[1]: part.split(":")[0] for name in ("prometheus", "alertmanager", "grafana")
              for part in services[name]["volumes"]}
    for path in prometheus["rule_files"]:
        folder, file = path.rsplit("/", 1)
        expect(folder in mounts and os.path.isfile(os.path.join(root, mounts[folder], file)), f"there is no {path}")
    for name in ("prometheus", "alertmanager"):
        expect(options[name]["config.file"] in mounts, f"{name}: its configuration is not mounted")
    expect(options["prometheus"]["web.console.templates"] in mounts, "runbooks are not mounted")
    target = prometheus["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"][0]
    expect(target == "alertmanager:9093", f"Prometheus tells {target}")
    source = yaml.safe_load(read("examples/monitoring/grafana/datasources/prometheus.yaml"))["datasources"][0]
    expect(source["url"] == "http://prometheus:9090", "Grafana asks " + source["url"])
    provider = yaml.safe_load(read("examples/monitoring/grafana/dashboards/expertline.yaml"))["providers"][0]
    folder = mounts.get(provider["options"]["path"])
    expect(folder and glob.glob(os.path.join(root, folder, "*.json")), "Grafana's dashboards are not mounted")
    home = services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    expect(os.path.isfile(os.path.join(root, folder, os.path.basename(home))), f"there is no {home}")
    url = options["prometheus"]["web.external-url"]
    expect(f'RUNBOOKS = "{url}/consoles"' in read("charts/expertline/dashboards/generate"), "dashboards link to other runbooks")


def dockerfile(listens):
    text = read("Dockerfile")
    stages = re.findall(r"^FROM (\S+)", text, re.M)
    expect(stages == ["debian:12-slim"] * 2, f"the stages are from {stages}")
    expect(re.search(r"^USER [1-9]\d*:\d+$", text, re.M), "the image runs as root")
    user = re.search(r"^USER (\d+):", text, re.M).group(1)
    expect(f"runAsUser: {user}" in read("charts/expertline/templates/_helpers.tpl"), "the chart runs as another user")
    exposed = set(re.search(r"^EXPOSE (.*)$", text, re.M).group(1).split())
    expect({port for one in listens.values() for port in one.values()} <= exposed, f"exposed are {sorted(exposed)}")
    for path in re.findall(r"/usr/(?:lib|share)/expertline/[\w/-]+", text):
        expect(exists_in_image(path), f"Dockerfile: {path} is not in the image")
    groups = {line.split()[0] for line in read("scripts/packages.txt").splitlines() if line and not line.startswith("#")}
    for group in re.findall(r'\$1 == "(\w+)"', text):
        expect(group in groups, f"scripts/packages.txt has no group {group}")
    components = dict(re.findall(r"name: ([\w-]+), key: \w+, grpc: \d+, metrics: (\d+)", read("charts/expertline/templates/_helpers.tpl")))
    expect(components == {name: ports["metrics"] for name, ports in listens.items()}, "the chart has other ports")


services, options, listens = compose()
monitoring(services, options, listens)
dockerfile(listens)
for fault in faults:
    print(fault)
print(f"{len(services)} containers, {len(faults)} faults")
sys.exit(1 if faults else 0)
