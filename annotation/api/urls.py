"""Addresses of the JSON API, health and metrics."""

from django.urls import URLPattern, path

from annotation.api import (
    adjudications,
    annotations,
    assignments,
    docs,
    exports,
    files,
    health,
    judges,
    metrics,
    policies,
    queues,
    releases,
    reports,
    runs,
    traces,
    unknown,
)

V1 = "v1/"
PROJECT = f"{V1}projects/<slug:slug>/"

operations: list[URLPattern] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.Metrics.as_view(), name="metrics"),
]

# Below api/, tried in this order: the busiest first.
urlpatterns: list[URLPattern] = [
    path(f"{V1}assignments/<int:assignment_id>/annotation", annotations.Submit.as_view(), name="api-submit"),
    path(f"{V1}queues/<int:queue_id>/claim", queues.Claim.as_view(), name="api-claim"),
    path("schema/", docs.Schema.as_view(), name="api-schema"),
    path("docs/", docs.docs, name="api-docs"),
    path(f"{PROJECT}traces", traces.Traces.as_view(), name="api-traces"),
    path(f"{V1}traces/<int:trace_id>", traces.OneTrace.as_view(), name="api-trace"),
    path(f"{PROJECT}queues", queues.Queues.as_view(), name="api-queues"),
    path(f"{V1}assignments/<int:assignment_id>/heartbeat", assignments.Heartbeat.as_view(), name="api-heartbeat"),
    path(f"{V1}assignments/<int:assignment_id>/release", assignments.Release.as_view(), name="api-release-assignment"),
    path(f"{V1}assignments/<int:assignment_id>/draft", assignments.OneDraft.as_view(), name="api-draft"),
    path(f"{V1}assignments/<int:assignment_id>/skip", annotations.Skip.as_view(), name="api-skip"),
    path(f"{V1}items/<int:item_id>/adjudicate", adjudications.Adjudicate.as_view(), name="api-adjudicate"),
    path(f"{V1}annotations/<int:annotation_id>/supersede", annotations.Supersede.as_view(), name="api-supersede"),
    path(f"{PROJECT}annotations", exports.Annotations.as_view(), name="api-annotations"),
    path(f"{PROJECT}votes", exports.Votes.as_view(), name="api-votes"),
    path(f"{PROJECT}pairs", exports.Pairs.as_view(), name="api-pairs"),
    path(f"{PROJECT}preferences", exports.Preferences.as_view(), name="api-preferences"),
    path(f"{PROJECT}judges", judges.Judges.as_view(), name="api-judges"),
    path(f"{PROJECT}verdicts", judges.Verdicts.as_view(), name="api-verdicts"),
    path(f"{PROJECT}reports/<slug:kind>", reports.Reports.as_view(), name="api-report"),
    path(f"{PROJECT}releases", releases.Releases.as_view(), name="api-releases"),
    path(f"{V1}releases/<int:release_id>", releases.OneRelease.as_view(), name="api-release"),
    path(f"{V1}releases/<int:release_id>/files/<path:name>", files.ReleaseFile.as_view(), name="api-release-file"),
    path(f"{PROJECT}runs", runs.Runs.as_view(), name="api-runs"),
    path(f"{V1}runs/<int:run_id>", runs.OneRun.as_view(), name="api-run"),
    path(f"{V1}runs/<int:run_id>/cancel", runs.Cancel.as_view(), name="api-run-cancel"),
    path(f"{PROJECT}policies", policies.Policies.as_view(), name="api-policies"),
    path(f"{PROJECT}champion", policies.Champion.as_view(), name="api-champion"),
    path(f"{PROJECT}rollback", policies.Rollback.as_view(), name="api-rollback"),
    path(f"{V1}policies/<int:policy_id>/promote", policies.Promote.as_view(), name="api-promote"),
    path("<path:rest>", unknown.Unknown.as_view(), name="api-unknown"),
]
