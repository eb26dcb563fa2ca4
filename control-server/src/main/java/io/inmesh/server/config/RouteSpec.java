package io.inmesh.server.config;

import java.util.List;

/** What HTTPRoute and GRPCRoute share. */
public sealed interface RouteSpec extends Spec permits HttpRouteSpec, GrpcRouteSpec {

  /** What the route attaches to; we serve those of kind Service. */
  List<ParentRef> parentRefs();

  /** Host names; without effect on Service parents (GEP-1294). */
  List<String> hostnames();
}
