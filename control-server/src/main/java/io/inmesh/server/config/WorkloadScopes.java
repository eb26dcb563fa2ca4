package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.WorkloadScope.ServiceRef;
import java.util.ArrayList;
import java.util.List;

/** The fields by which Istio's security kinds say which workloads they are for. */
final class WorkloadScopes {

  private static final ObjectSchema SELECTOR =
      object("WorkloadSelector")
          .optional("matchLabels", MapSchema.LABELS, "all of them; no label selects everything");

  private static final ObjectSchema TARGET =
      object("PolicyTargetReference")
          .optional("group", text(Formats.GROUP), "`''` or `core` for a Service")
          .required("kind", text(Formats.KIND_NAME), "only `Service`")
          .required("name", text().length(1, 253), "of a Service in the policy's namespace")
          .optional("namespace", text(Formats.DNS_LABEL), "must be the policy's own")
          .rule(
              (target, check) -> {
                if (!target.text("kind").equals("Service")) {
                  target.report(
                      FindingCode.NOT_APPLICABLE,
                      "kind",
                      target.text("kind") + " is nothing this mesh has",
                      "expected Service");
                }
              });

  private WorkloadScopes() {}

  /** Adds the fields to a kind. */
  static ObjectSchema fields(ObjectSchema spec) {
    return spec.optional("selector", SELECTOR, "workloads of the namespace; all if left out")
        .optional("targetRefs", list(TARGET, 16), "services, instead of `selector`")
        .optional("targetRef", TARGET, "one of `targetRefs`")
        .rule(WorkloadScopes::check);
  }

  private static void check(View spec, Check check) {
    boolean targets = spec.has("targetRefs") || spec.has("targetRef");
    if (spec.has("selector") && targets) {
      spec.report(
          FindingCode.CONTRADICTION,
          "selector",
          "selector and targetRefs exclude one another",
          "remove one of them");
    }
    if (spec.has("targetRefs") && spec.has("targetRef")) {
      spec.report(
          FindingCode.CONTRADICTION,
          "targetRef",
          "targetRef and targetRefs exclude one another",
          "use targetRefs");
    }
  }

  static WorkloadScope read(View spec, String namespace) {
    View selector = spec.objectOrNull("selector");
    List<View> targets = new ArrayList<>(spec.objects("targetRefs"));
    View single = spec.objectOrNull("targetRef");
    if (single != null) {
      targets.add(single);
    }
    for (View target : targets) {
      if (target.has("namespace") && !target.text("namespace").equals(namespace)) {
        target.report(
            FindingCode.NOT_ALLOWED,
            "namespace",
            "a policy applies to services of its own namespace only",
            "expected " + Words.quote(namespace));
      }
    }
    return new WorkloadScope(
        selector == null ? java.util.Map.of() : selector.map("matchLabels"),
        targets.stream().map(target -> new ServiceRef(target.text("name"), target.at())).toList());
  }
}
