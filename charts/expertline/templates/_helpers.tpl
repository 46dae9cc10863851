{{- define "expertline.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* (list $ COMPONENT) */}}
{{- define "expertline.selector" -}}
app.kubernetes.io/name: {{ (index . 0).Chart.Name }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "expertline.labels" -}}
{{ include "expertline.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ printf "%s-%s" (index . 0).Chart.Name (index . 0).Chart.Version }}
{{- end }}

{{/* The three services: their name, their key in the values, their ports, and whom they call. */}}
{{- define "expertline.components" -}}
- {name: presence-ingest, key: presenceIngest, grpc: 7410, metrics: 9410, calls: []}
- {name: strategy-evaluation, key: strategyEvaluation, grpc: 7420, metrics: 9420, calls: [presence-ingest]}
- {name: session-bridge, key: sessionBridge, grpc: 7430, metrics: 9430, calls: [strategy-evaluation]}
{{- end }}

{{- define "expertline.redis" -}}
{{- if and .Values.redis.address .Values.redis.trial.enabled }}
{{- fail "redis.address and redis.trial.enabled exclude each other" }}
{{- else if .Values.redis.address }}{{ .Values.redis.address }}
{{- else if .Values.redis.trial.enabled }}{{ include "expertline.fullname" . }}-redis:6379
{{- else }}{{ fail "say where Redis is (redis.address), or take the small one for trying out (redis.trial.enabled=true)" }}
{{- end }}
{{- end }}

{{/* (list $ COMPONENT): the configuration file of a service, in the words of docs/configuration.md. */}}
{{- define "expertline.config" -}}
{{- $ := index . 0 }}{{ $component := index . 1 }}
{{- $config := dict "listen" (printf "0.0.0.0:%v" $component.grpc) "metrics" (printf "0.0.0.0:%v" $component.metrics)
    "redis" (include "expertline.redis" $) "domain" $.Values.domains }}
{{- if eq $component.name "presence-ingest" }}
{{- if $.Values.roster }}{{ $_ := set $config "roster" "/etc/expertline/files/roster.yaml" }}{{ end }}
{{- if $.Values.sources }}{{ $_ := set $config "sources" "/etc/expertline/files/sources.yaml" }}{{ end }}
{{- if $.Values.presenceMapping }}
{{- $_ := set $config "presence-mapping" "/etc/expertline/files/presence-mapping.yaml" }}
{{- end }}
{{- else if eq $component.name "strategy-evaluation" }}
{{- $_ := set $config "presence" (printf "dns:///%s-presence-ingest:7410" (include "expertline.fullname" $)) }}
{{- $strategies := ternary "/etc/expertline/files/strategies" "/usr/share/expertline/strategies"
    (gt (len $.Values.strategies) 0) }}
{{- $_ := set $config "strategies" $strategies }}
{{- else }}
{{- $_ := set $config "strategy" (printf "dns:///%s-strategy-evaluation:7420" (include "expertline.fullname" $)) }}
{{- if $.Values.policy }}{{ $_ := set $config "policy" "/etc/expertline/files/policy.yaml" }}{{ end }}
{{- end }}
{{- toYaml (mustMergeOverwrite $config (deepCopy (index $.Values $component.key).config)) }}
{{- end }}

{{/* (list $ COMPONENT): the files beside it, name to text. */}}
{{- define "expertline.files" -}}
{{- $ := index . 0 }}{{ $name := (index . 1).name }}{{ $files := dict }}
{{- if eq $name "presence-ingest" }}
{{- $files = dict "roster.yaml" $.Values.roster "sources.yaml" $.Values.sources
    "presence-mapping.yaml" $.Values.presenceMapping }}
{{- else if eq $name "strategy-evaluation" }}
{{- range $path, $text := $.Values.strategies }}{{ $_ := set $files (printf "strategies/%s" $path) $text }}{{ end }}
{{- else }}
{{- $files = dict "policy.yaml" $.Values.policy }}
{{- end }}
{{- range $path, $text := $files }}{{ if not $text }}{{ $_ := unset $files $path }}{{ end }}{{ end }}
{{- toYaml $files }}
{{- end }}

{{- define "expertline.podSecurity" -}}
runAsNonRoot: true
runAsUser: 64646
runAsGroup: 64646
fsGroup: 64646
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "expertline.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}
