package io.inmesh.server.compile;

import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.config.SessionPersistence;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which calls stick to endpoints. What a rule says goes before the XBackendTrafficPolicy of the
 * service that is called, and that before Istio's labels on the service. Immutable.
 */
final class Sessions {
  private static final String COOKIE_LABEL = "istio.io/persistent-session";
  private static final String HEADER_LABEL = "istio.io/persistent-session-header";

  private final BackendPolicies policies;
  private final Map<ResourceKey, SessionPersistence> labelled = new HashMap<>();

  Sessions(ConfigSet config, BackendPolicies policies) {
    this.policies = policies;
    Stream.concat(config.services().stream(), config.serviceEntries().stream())
        .forEach(
            service -> {
              label(service, COOKIE_LABEL, SessionPersistence.Type.COOKIE);
              label(service, HEADER_LABEL, SessionPersistence.Type.HEADER);
            });
  }

  /** The cookie's label goes before the header's. */
  private void label(Resource<?> service, String label, SessionPersistence.Type type) {
    String name = service.labels().getOrDefault(label, "");
    if (!name.isEmpty()) {
      labelled.putIfAbsent(
          service.key(),
          new SessionPersistence(type, name, false, null, null, service.provenance()));
    }
  }

  /**
   * For calls to a service.
   *
   * @param own what the rule that takes them says; null: nothing
   */
  @Nullable SessionPersistence of(MeshService service, @Nullable SessionPersistence own) {
    if (own != null) {
      return own;
    }
    SessionPersistence policy = policies.session(service);
    return policy == null && service.declaredBy() != null
        ? labelled.get(service.declaredBy())
        : policy;
  }
}
