package io.inmesh.server.compile;

import io.inmesh.server.config.BackendRef;
import io.inmesh.server.config.CallRules;
import io.inmesh.server.config.GrpcRouteSpec;
import io.inmesh.server.config.HttpRouteSpec;
import io.inmesh.server.config.HttpRouteSpec.PathMatch;
import io.inmesh.server.config.Kind;
import io.inmesh.server.config.ParentRef;
import io.inmesh.server.config.Provenance;
import io.inmesh.server.config.ReferenceGrantSpec;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.config.RouteFilter;
import io.inmesh.server.config.RoutePolicySpec;
import io.inmesh.server.config.ServiceSpec;
import io.inmesh.server.config.Spec;
import io.inmesh.server.config.StreamLimits;
import io.inmesh.server.config.ValueMatch;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Objects of the configuration in one line each. */
final class ConfigObjects {
  private ConfigObjects() {}

  static Resource<ServiceSpec> service(String namespace, String name, int... ports) {
    List<ServiceSpec.Port> all = new ArrayList<>();
    for (int port : ports) {
      all.add(
          new ServiceSpec.Port(
              "p" + port,
              port,
              new ServiceSpec.PortTarget(port, ""),
              "http",
              "TCP",
              Provenance.UNKNOWN));
    }
    return Resource.of(
        new ResourceKey(Kind.SERVICE, namespace, name),
        new ServiceSpec(all, Map.of("app", name), "ClusterIP", "", "", false, ""));
  }

  static Resource<HttpRouteSpec> httpRoute(
      String namespace, String name, ParentRef parent, HttpRouteSpec.Rule... rules) {
    List<HttpRouteSpec.Rule> indexed = new ArrayList<>();
    for (HttpRouteSpec.Rule rule : rules) {
      indexed.add(
          new HttpRouteSpec.Rule(
              indexed.size(),
              rule.name(),
              rule.matches(),
              rule.filters(),
              rule.backendRefs(),
              rule.timeouts(),
              rule.retry(),
              rule.sessionPersistence(),
              rule.provenance()));
    }
    return Resource.of(
        new ResourceKey(Kind.HTTP_ROUTE, namespace, name),
        new HttpRouteSpec(List.of(parent), List.of(), indexed));
  }

  static Resource<GrpcRouteSpec> grpcRoute(
      String namespace,
      String name,
      ParentRef parent,
      List<GrpcRouteSpec.Match> matches,
      BackendRef... backends) {
    return Resource.of(
        new ResourceKey(Kind.GRPC_ROUTE, namespace, name),
        new GrpcRouteSpec(
            List.of(parent),
            List.of(),
            List.of(
                new GrpcRouteSpec.Rule(
                    0, "", matches, List.of(), List.of(backends), null, Provenance.UNKNOWN))));
  }

  static <S extends Spec> Resource<S> created(Resource<S> resource, String instant) {
    return new Resource<>(
        resource.key(),
        resource.labels(),
        resource.annotations(),
        Instant.parse(instant),
        resource.provenance(),
        resource.spec(),
        resource.canonical() + instant);
  }

  static ParentRef parent(String namespace, String name) {
    return new ParentRef("", "Service", namespace, name, null, null, Provenance.UNKNOWN);
  }

  static ParentRef parent(
      String namespace, String name, @Nullable String section, @Nullable Integer port) {
    return new ParentRef("", "Service", namespace, name, section, port, Provenance.UNKNOWN);
  }

  static HttpRouteSpec.Rule rule(List<HttpRouteSpec.Match> matches, BackendRef... backends) {
    return rule("", matches, List.of(), HttpRouteSpec.Timeouts.NONE, backends);
  }

  static HttpRouteSpec.Rule rule(
      String name,
      List<HttpRouteSpec.Match> matches,
      List<RouteFilter> filters,
      HttpRouteSpec.Timeouts timeouts,
      BackendRef... backends) {
    return new HttpRouteSpec.Rule(
        0, name, matches, filters, List.of(backends), timeouts, null, null, Provenance.UNKNOWN);
  }

  static BackendRef backend(String namespace, String name, int port, int weight) {
    return new BackendRef(
        "", "Service", namespace, name, port, weight, List.of(), Provenance.UNKNOWN);
  }

  static BackendRef backend(
      String namespace, String name, int port, int weight, RouteFilter... filters) {
    return new BackendRef(
        "", "Service", namespace, name, port, weight, List.of(filters), Provenance.UNKNOWN);
  }

  static HttpRouteSpec.Match any() {
    return match(PathMatch.ANY, null, List.of(), List.of());
  }

  static HttpRouteSpec.Match exact(String path) {
    return match(new PathMatch(PathMatch.Type.EXACT, path), null, List.of(), List.of());
  }

  static HttpRouteSpec.Match prefix(String path) {
    return match(new PathMatch(PathMatch.Type.PATH_PREFIX, path), null, List.of(), List.of());
  }

  static HttpRouteSpec.Match regex(String path) {
    return match(
        new PathMatch(PathMatch.Type.REGULAR_EXPRESSION, path), null, List.of(), List.of());
  }

  static HttpRouteSpec.Match match(
      PathMatch path, @Nullable String method, List<ValueMatch> headers, List<ValueMatch> query) {
    return new HttpRouteSpec.Match(path, headers, query, method, Provenance.UNKNOWN);
  }

  static ValueMatch is(String name, String value) {
    return new ValueMatch(ValueMatch.Type.EXACT, name, value, Provenance.UNKNOWN);
  }

  static GrpcRouteSpec.Match method(@Nullable String service, @Nullable String method) {
    return new GrpcRouteSpec.Match(
        new GrpcRouteSpec.MethodMatch(ValueMatch.Type.EXACT, service, method),
        List.of(),
        Provenance.UNKNOWN);
  }

  static Resource<ReferenceGrantSpec> grant(String namespace, String fromNamespace) {
    return Resource.of(
        new ResourceKey(Kind.REFERENCE_GRANT, namespace, "from-" + fromNamespace),
        new ReferenceGrantSpec(
            List.of(
                new ReferenceGrantSpec.From(
                    "gateway.networking.k8s.io", "HTTPRoute", fromNamespace)),
            List.of(new ReferenceGrantSpec.To("", "Service", null))));
  }

  static Resource<RoutePolicySpec> policy(
      String namespace,
      String name,
      RoutePolicySpec.TargetRef target,
      java.time.@Nullable Duration timeout,
      RoutePolicySpec.@Nullable Retry retry) {
    return Resource.of(
        new ResourceKey(Kind.ROUTE_POLICY, namespace, name),
        new RoutePolicySpec(
            List.of(target),
            timeout,
            null,
            null,
            StreamLimits.NONE,
            retry,
            false,
            CallRules.NONE,
            null));
  }

  static RoutePolicySpec.TargetRef target(String kind, String name, @Nullable String section) {
    return new RoutePolicySpec.TargetRef(
        kind.equals("Service") ? "" : "gateway.networking.k8s.io",
        kind,
        name,
        section,
        Provenance.UNKNOWN);
  }
}
