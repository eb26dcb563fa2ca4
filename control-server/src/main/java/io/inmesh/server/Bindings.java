package io.inmesh.server;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Status;
import io.inmesh.identity.SpiffeId;
import io.inmesh.server.ads.ClientKind;
import io.inmesh.server.ads.StreamAdmission;
import io.inmesh.server.ca.Caller;
import io.inmesh.server.compile.ViewSelector;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.MeshDefaultsSpec.Binding;
import io.inmesh.server.registry.Instance;
import io.inmesh.server.registry.InstanceKey;
import io.inmesh.server.registry.RegistrationException;
import io.inmesh.server.registry.RegistrationPolicy;
import java.util.List;
import java.util.function.Supplier;

/**
 * Ties identities to what they may claim to be. An identity acts in its own namespace only. There
 * it may register the service that is named like its service account, unless the operator has bound
 * the service to others: then those, and nobody else.
 */
final class Bindings implements StreamAdmission, RegistrationPolicy {
  private final Supplier<ConfigSet> config;

  Bindings(Supplier<ConfigSet> config) {
    this.config = config;
  }

  @Override
  public Status admit(Node node, Attributes transport, Context context) {
    Caller caller = Caller.of(context);
    SpiffeId id = caller == null ? null : caller.id();
    if (id == null) {
      return Status.UNAUTHENTICATED.withDescription("a client certificate is needed");
    }
    String namespace = ViewSelector.namespace(node);
    // Ours say it twice; what people see of a client is its id.
    boolean ours = node.getMetadata().containsFields(ClientKind.VERSION_KEY);
    String named = ours ? ViewSelector.namespace(node.getId()) : namespace;
    return namespace.equals(id.namespace()) && named.equals(namespace)
        ? Status.OK
        : Status.PERMISSION_DENIED.withDescription(
            "node "
                + node.getId()
                + ": is of namespace '"
                + namespace
                + "', the caller is "
                + id
                + "; set the namespace of its identity");
  }

  @Override
  public Instance admit(Instance claimed, Context context) throws RegistrationException {
    Caller caller = Caller.of(context);
    SpiffeId id = caller == null ? null : caller.id();
    if (caller == null || id == null) {
      throw RegistrationException.denied("a client certificate is needed");
    }
    InstanceKey key = claimed.key();
    if (!key.namespace().equals(id.namespace())) {
      throw RegistrationException.denied(
          id + " may not register in namespace '" + key.namespace() + "'");
    }
    List<Binding> bound =
        config.get().meshDefaults().registration().stream()
            .filter(binding -> binding.isFor(key.namespace(), key.service()))
            .toList();
    String account = String.valueOf(id.serviceAccount());
    boolean allowed =
        bound.isEmpty()
            ? key.service().equals(account)
            : bound.stream().anyMatch(binding -> binding.admits(account, claimed.address()));
    if (!allowed) {
      throw RegistrationException.denied(
          id
              + " may not register service '"
              + key.service()
              + (bound.isEmpty()
                  ? "': only the service account of that name may, unless MeshDefaults binds the"
                      + " service to others"
                  : "' at " + claimed.address() + ": MeshDefaults binds it to others"));
    }
    return claimed.withIdentity(id.toString());
  }
}
