package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.WorkloadScope.RouteRef;
import io.inmesh.server.config.WorkloadScope.ServiceRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The fields by which Istio's security kinds say which workloads they are for. */
final class WorkloadScopes {

  private static final ObjectSchema SELECTOR =
      object("WorkloadSelector")
          .optional("matchLabels", MapSchema.LABELS, "all of them; no label selects everything");

  private static final Set<String> ROUTES =
      Set.of(Kind.HTTP_ROUTE.kindName(), Kind.GRPC_ROUTE.kindName());

  private static final ObjectSchema SERVICE_TARGET = target(false);
  private static final ObjectSchema TARGET = target(true);

  private static ObjectSchema target(boolean routes) {
    String kinds = routes ? "Service, HTTPRoute or GRPCRoute" : "Service";
    ObjectSchema target =
        object("PolicyTargetReference")
            .optional("group", text(Formats.GROUP), "`''` or `core` for a Service")
            .required("kind", text(Formats.KIND_NAME), kinds)
            .required("name", text().length(1, 253), "of an object in the policy's namespace")
            .optional("namespace", text(Formats.DNS_LABEL), "must be the policy's own");
    if (routes) {
      target =
          target.optional("sectionName", text().length(1, 253), "the name of one rule of a route");
    }
    return target.rule(
        (view, check) -> {
          String kind = view.text("kind");
          if (!kind.equals("Service") && !(routes && ROUTES.contains(kind))) {
            view.report(
                FindingCode.NOT_APPLICABLE,
                "kind",
                kind + " is nothing this policy can be for",
                "expected " + kinds);
          }
        });
  }

  private WorkloadScopes() {}

  /**
   * Adds the fields to a kind.
   *
   * @param routes whether it can be for routes, too
   */
  static ObjectSchema fields(ObjectSchema spec, boolean routes) {
    ObjectSchema target = routes ? TARGET : SERVICE_TARGET;
    String what = routes ? "services and routes" : "services";
    return spec.optional("selector", SELECTOR, "workloads of the namespace; all if left out")
        .optional("targetRefs", list(target, 16), what + ", instead of `selector`")
        .optional("targetRef", target, "one of `targetRefs`")
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
            "a policy applies to objects of its own namespace only",
            "expected " + Words.quote(namespace));
      }
    }
    return new WorkloadScope(
        selector == null ? java.util.Map.of() : selector.map("matchLabels"),
        targets.stream()
            .filter(target -> !ROUTES.contains(target.text("kind")))
            .map(target -> new ServiceRef(target.text("name"), target.at()))
            .toList(),
        targets.stream()
            .filter(target -> ROUTES.contains(target.text("kind")))
            .map(target -> route(target, namespace))
            .toList());
  }

  private static RouteRef route(View target, String namespace) {
    Kind kind =
        target.text("kind").equals(Kind.HTTP_ROUTE.kindName()) ? Kind.HTTP_ROUTE : Kind.GRPC_ROUTE;
    return new RouteRef(
        new ResourceKey(kind, namespace, target.text("name")),
        target.textOrEmpty("sectionName"),
        target.at());
  }
}
