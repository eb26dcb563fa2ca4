package io.inmesh.filter.authz;

import io.inmesh.model.AccessControl;
import io.inmesh.model.AccessMatch;
import io.inmesh.model.AccessPolicy;
import io.inmesh.model.AccessRules;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.HeaderMatch;
import io.inmesh.model.StringMatch;
import java.util.List;

/** Short ways to write policies. */
final class Rules {
  static final AccessMatch ANY = new AccessMatch.Always();
  static final AccessMatch NEVER = new AccessMatch.Not(ANY);

  private Rules() {}

  static AccessMatch path(String exact) {
    return new AccessMatch.Path(new StringMatch.Exact(exact, false));
  }

  static AccessMatch below(String prefix) {
    return new AccessMatch.Path(new StringMatch.Prefix(prefix, false));
  }

  static AccessMatch method(String exact) {
    return header(":method", new StringMatch.Exact(exact, false));
  }

  static AccessMatch header(String name, StringMatch match) {
    return new AccessMatch.Header(
        new HeaderMatch(name, new HeaderMatch.Test.Value(match), false, false));
  }

  static AccessMatch identity(String exact) {
    return new AccessMatch.Identity(new StringMatch.Exact(exact, false));
  }

  /** As Istio says it. */
  static AccessMatch namespace(String namespace) {
    return new AccessMatch.Identity(new StringMatch.Regex(".*/ns/" + namespace + "/.*"));
  }

  static AccessMatch all(AccessMatch... parts) {
    return new AccessMatch.All(List.of(parts));
  }

  static AccessMatch any(AccessMatch... parts) {
    return new AccessMatch.AnyOf(List.of(parts));
  }

  static AccessMatch not(AccessMatch part) {
    return new AccessMatch.Not(part);
  }

  static AccessPolicy policy(String name, AccessMatch request, AccessMatch source) {
    return new AccessPolicy(name, request, source);
  }

  static AccessRules allow(AccessPolicy... policies) {
    return new AccessRules(AccessRules.Action.ALLOW, List.of(policies));
  }

  static AccessRules deny(AccessPolicy... policies) {
    return new AccessRules(AccessRules.Action.DENY, List.of(policies));
  }

  static FilterConfig filter(String name, AccessRules rules) {
    return filter(name, new AccessControl(rules, null, ""));
  }

  static FilterConfig filter(String name, AccessControl control) {
    return new FilterConfig(name, AccessFilterFactory.TYPE, false, control);
  }
}
