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
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.config.ServiceEntrySpec;
import io.inmesh.server.config.ServiceSpec;
import io.inmesh.server.registry.Instance;
import io.inmesh.server.registry.InstanceKey;
import io.inmesh.server.registry.RegistrationException;
import io.inmesh.server.registry.RegistrationPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Ties identities to what they may claim to be. An identity acts in its own namespace only. There
 * it may be the service that is named like its service account, unless the operator has bound the
 * service to others: then those, and nobody else.
 */
final class Bindings implements StreamAdmission, RegistrationPolicy {
  private static final String APP = "app";

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
    if (!namespace.equals(id.namespace())
        || (ours && !namespace.equals(ViewSelector.namespace(node.getId())))) {
      return denied(
          node, id, "is of namespace '" + namespace + "'", "set the namespace of its identity");
    }
    List<String> services = new ArrayList<>(List.of(node.getCluster()));
    if (ours) {
      services.add(ViewSelector.service(node.getId()));
    }
    for (String service : services) {
      // Who names no service is told what holds for all of its namespace.
      if (!service.isEmpty() && !mayBe(namespace, service, id)) {
        return denied(node, id, "is service '" + service + "'", hint(namespace, service, id));
      }
    }
    return Status.OK;
  }

  private static Status denied(Node node, SpiffeId id, String claim, String hint) {
    return Status.PERMISSION_DENIED.withDescription(
        "node " + node.getId() + ": " + claim + ", the caller is " + id + "; " + hint);
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
    if (!admits(key.service(), claimed, id)) {
      throw RegistrationException.denied(
          id
              + " may not register service '"
              + key.service()
              + "' at "
              + claimed.address()
              + ": "
              + hint(key.namespace(), key.service(), id));
    }
    checkLabels(claimed, id);
    return claimed.withIdentity(id.toString());
  }

  /** By its labels an instance may become part of other services: those it may be, too. */
  private void checkLabels(Instance claimed, SpiffeId id) throws RegistrationException {
    InstanceKey key = claimed.key();
    String app = claimed.labels().getOrDefault(APP, key.service());
    if (!app.equals(key.service()) && !admits(app, claimed, id)) {
      throw RegistrationException.denied(
          id + " may not carry the label app=" + app + ": " + hint(key.namespace(), app, id));
    }
    for (Resource<ServiceSpec> service : config.get().services()) {
      checkSelected(service.key(), service.spec().selector(), claimed, id);
    }
    for (Resource<ServiceEntrySpec> entry : config.get().serviceEntries()) {
      checkSelected(entry.key(), entry.spec().workloadSelector(), claimed, id);
    }
  }

  /**
   * What selects by the label {@code app} and is bound to nobody is a view of that application, for
   * example one of its versions: who may carry the label may be selected.
   */
  private void checkSelected(
      ResourceKey selecting, Map<String, String> selector, Instance claimed, SpiffeId id)
      throws RegistrationException {
    String namespace = claimed.key().namespace();
    String name = selecting.name();
    if (!selecting.namespace().equals(namespace)
        || name.equals(claimed.key().service())
        || selector.isEmpty()
        || !claimed.labels().entrySet().containsAll(selector.entrySet())
        || (selector.containsKey(APP) && bound(namespace, name).isEmpty())) {
      return;
    }
    if (!admits(name, claimed, id)) {
      throw RegistrationException.denied(
          id
              + " may not carry labels that "
              + selecting.kind().kindName()
              + " '"
              + name
              + "' selects: "
              + hint(namespace, name, id));
    }
  }

  private List<Binding> bound(String namespace, String service) {
    return config.get().meshDefaults().registration().stream()
        .filter(binding -> binding.isFor(namespace, service))
        .toList();
  }

  /** Whether an identity of the namespace may be a service, wherever it is. */
  private boolean mayBe(String namespace, String service, SpiffeId id) {
    List<Binding> bound = bound(namespace, service);
    String account = String.valueOf(id.serviceAccount());
    return bound.isEmpty()
        ? service.equals(account)
        : bound.stream().anyMatch(binding -> binding.serviceAccounts().contains(account));
  }

  /** Whether an identity may be a service where the instance is. */
  private boolean admits(String service, Instance claimed, SpiffeId id) {
    List<Binding> bound = bound(claimed.key().namespace(), service);
    String account = String.valueOf(id.serviceAccount());
    return bound.isEmpty()
        ? service.equals(account)
        : bound.stream().anyMatch(binding -> binding.admits(account, claimed.address()));
  }

  private String hint(String namespace, String service, SpiffeId id) {
    if (bound(namespace, service).isEmpty()) {
      return "only the service account of that name may, unless MeshDefaults binds the service to"
          + " others";
    }
    return mayBe(namespace, service, id)
        ? "MeshDefaults binds it to other networks"
        : "MeshDefaults binds it to others";
  }
}
