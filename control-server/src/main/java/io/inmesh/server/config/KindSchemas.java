package io.inmesh.server.config;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The schemas of all kinds. */
final class KindSchemas {

  private static final Map<Kind, KindSchema> BY_KIND = new EnumMap<>(Kind.class);

  static {
    for (KindSchema schema :
        List.of(
            ServiceSchema.KIND,
            ServiceEntrySchema.KIND,
            WorkloadEntrySchema.KIND,
            DestinationRuleSchema.KIND,
            VirtualServiceSchema.KIND,
            HttpRouteSchema.KIND,
            GrpcRouteSchema.KIND,
            BackendTrafficPolicySchema.KIND,
            ReferenceGrantSchema.KIND,
            BackendTlsPolicySchema.KIND,
            ConfigMapSchema.KIND,
            AuthorizationPolicySchema.KIND,
            PeerAuthenticationSchema.KIND,
            RequestAuthenticationSchema.KIND,
            MeshDefaultsSchema.KIND,
            RoutePolicySchema.KIND)) {
      BY_KIND.put(schema.kind(), schema);
    }
  }

  private KindSchemas() {}

  /** The schema of a kind; there is one for each. */
  static KindSchema of(Kind kind) {
    return Objects.requireNonNull(BY_KIND.get(kind), kind::kindName);
  }
}
