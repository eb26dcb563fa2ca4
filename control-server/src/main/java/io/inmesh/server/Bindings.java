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
import io.inmesh.server.registry.Instance;
import io.inmesh.server.registry.InstanceKey;
import io.inmesh.server.registry.RegistrationException;
import io.inmesh.server.registry.RegistrationPolicy;
import io.inmesh.server.registry.Registry;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Ties identities to what they may claim to be. An identity acts in its own namespace only. There
 * it may be the service that is named like its service account, unless the operator has bound the
 * service to others: then those, and nobody else.
 */
final class Bindings implements StreamAdmission, RegistrationPolicy {
  private static final String APP = "app";

  private final Registry registry;
  private final Supplier<ConfigSet> config;
  private volatile BindingRules rules;

  Bindings(Registry registry, Supplier<ConfigSet> config) {
    this.registry = registry;
    this.config = config;
    this.rules = BindingRules.of(config.get());
  }

  /** Takes every registered instance out of the mesh that would not be admitted now. */
  void review() {
    registry.review(this::check);
  }

  /**
   * After a change of the configuration: what is registered is judged anew if other rules hold.
   *
   * @return whether they do
   */
  synchronized boolean configChanged() {
    BindingRules changed = BindingRules.of(config.get());
    if (changed.equals(rules)) {
      return false;
    }
    rules = changed; // before the review is queued: what registers after it knows them
    review();
    return true;
  }

  @Override
  public Supplier<Status> claim(Node node, Attributes transport, Context context) {
    Caller caller = Caller.of(context);
    SpiffeId id = caller == null ? null : caller.id();
    if (id == null) {
      return () -> Status.UNAUTHENTICATED.withDescription("a client certificate is needed");
    }
    String name = node.getId();
    String namespace = ViewSelector.namespace(node);
    // Ours say it twice; what people see of a client is its id.
    boolean ours = node.getMetadata().containsFields(ClientKind.VERSION_KEY);
    if (!namespace.equals(id.namespace())
        || (ours && !namespace.equals(ViewSelector.namespace(node.getId())))) {
      return () ->
          denied(
              name, id, "is of namespace '" + namespace + "'", "set the namespace of its identity");
    }
    Set<String> services = new LinkedHashSet<>(List.of(node.getCluster()));
    if (ours) {
      services.add(ViewSelector.service(name));
    }
    services.remove(""); // who names no service is told what holds for all of its namespace
    return () -> judge(name, namespace, services, id);
  }

  private Status judge(String node, String namespace, Set<String> services, SpiffeId id) {
    BindingRules now = rules;
    for (String service : services) {
      if (!now.mayBe(namespace, service, id)) {
        return denied(node, id, "is service '" + service + "'", now.hint(namespace, service, id));
      }
    }
    return Status.OK;
  }

  private static Status denied(String node, SpiffeId id, String claim, String hint) {
    return Status.PERMISSION_DENIED.withDescription(
        "node " + node + ": " + claim + ", the caller is " + id + "; " + hint);
  }

  @Override
  public Instance admit(Instance claimed, Context context) throws RegistrationException {
    Caller caller = Caller.of(context);
    SpiffeId id = caller == null ? null : caller.id();
    if (caller == null || id == null) {
      throw RegistrationException.denied("a client certificate is needed");
    }
    check(claimed, id);
    return claimed.withIdentity(id.toString());
  }

  /** Whether a registered instance may stay; one that registered without identity was not asked. */
  private void check(Instance registered) throws RegistrationException {
    if (!registered.identity().isEmpty()) {
      check(registered, SpiffeId.parse(registered.identity()));
    }
  }

  private void check(Instance claimed, SpiffeId id) throws RegistrationException {
    InstanceKey key = claimed.key();
    if (!key.namespace().equals(id.namespace())) {
      throw RegistrationException.denied(
          id + " may not register in namespace '" + key.namespace() + "'");
    }
    BindingRules now = rules;
    if (!now.admits(key.service(), claimed, id)) {
      throw RegistrationException.denied(
          id
              + " may not register service '"
              + key.service()
              + "' at "
              + claimed.address()
              + ": "
              + now.hint(key.namespace(), key.service(), id));
    }
    checkLabels(now, claimed, id);
  }

  /** By its labels an instance may become part of other services: those it may be, too. */
  private static void checkLabels(BindingRules now, Instance claimed, SpiffeId id)
      throws RegistrationException {
    InstanceKey key = claimed.key();
    String app = claimed.labels().getOrDefault(APP, key.service());
    if (!app.equals(key.service()) && !now.admits(app, claimed, id)) {
      throw RegistrationException.denied(
          id + " may not carry the label app=" + app + ": " + now.hint(key.namespace(), app, id));
    }
    for (BindingRules.Selector selector :
        now.selectors().getOrDefault(key.namespace(), List.of())) {
      checkSelected(now, selector, claimed, id);
    }
  }

  /**
   * What selects by the label {@code app} and is bound to nobody is a view of that application, for
   * example one of its versions: who may carry the label may be selected.
   */
  private static void checkSelected(
      BindingRules now, BindingRules.Selector selector, Instance claimed, SpiffeId id)
      throws RegistrationException {
    String namespace = claimed.key().namespace();
    String name = selector.key().name();
    if (name.equals(claimed.key().service())
        || !claimed.labels().entrySet().containsAll(selector.labels().entrySet())
        || (selector.labels().containsKey(APP) && now.bound(namespace, name).isEmpty())) {
      return;
    }
    if (!now.admits(name, claimed, id)) {
      throw RegistrationException.denied(
          id
              + " may not carry labels that "
              + selector.key().kind().kindName()
              + " '"
              + name
              + "' selects: "
              + now.hint(namespace, name, id));
    }
  }
}
