package io.inmesh.filter.jwt;

import io.inmesh.call.RequestHead;
import io.inmesh.model.JwtRequirement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One request against what it must show. Confined to the call. */
final class Verification {
  private final RequestHead head;
  private final Map<String, Provider> providers;
  private final boolean last;
  private final Map<Provider, Verdict.Valid> valid = new LinkedHashMap<>();

  /**
   * A verification.
   *
   * @param last keys that are not there now do not count
   */
  Verification(RequestHead head, Map<String, Provider> providers, boolean last) {
    this.head = head;
    this.providers = providers;
    this.last = last;
  }

  /** The tokens found valid so far. */
  Map<Provider, Verdict.Valid> valid() {
    return valid;
  }

  Verdict check(JwtRequirement requirement) {
    if (requirement instanceof JwtRequirement.Provider provider) {
      return provider(provider.name(), provider.audiences());
    }
    if (requirement instanceof JwtRequirement.AnyOf any) {
      return any(any.parts());
    }
    if (requirement instanceof JwtRequirement.All all) {
      return all(all.parts());
    }
    if (requirement instanceof JwtRequirement.AllowMissing) {
      return missingOr(everyProvider());
    }
    if (requirement instanceof JwtRequirement.AllowMissingOrFailed) {
      Verdict verdict = everyProvider();
      return verdict instanceof Verdict.Waiting ? verdict : Verdict.NONE;
    }
    return Verdict.NONE;
  }

  private Verdict provider(String name, List<String> audiences) {
    Provider provider = providers.get(name);
    if (provider == null) {
      return new Verdict.Refused(Refusal.ISSUER);
    }
    Verdict verdict = provider.check(head, audiences, last);
    if (verdict instanceof Verdict.Valid token) {
      valid.put(provider, token);
    }
    return verdict;
  }

  private Verdict everyProvider() {
    Verdict verdict = Verdict.MISSING;
    for (String name : providers.keySet()) {
      Verdict next = provider(name, List.of());
      if (satisfied(next) || next instanceof Verdict.Waiting) {
        return next;
      }
      verdict = worse(verdict, next);
    }
    return verdict;
  }

  private Verdict any(List<JwtRequirement> parts) {
    Verdict verdict = Verdict.MISSING;
    boolean allowMissing = false;
    for (JwtRequirement part : parts) {
      if (part instanceof JwtRequirement.AllowMissing) {
        allowMissing = true;
        continue;
      }
      Verdict next = check(part);
      if (satisfied(next) || next instanceof Verdict.Waiting) {
        return next;
      }
      verdict = worse(verdict, next);
    }
    return allowMissing ? missingOr(verdict) : verdict;
  }

  private Verdict all(List<JwtRequirement> parts) {
    Verdict verdict = Verdict.NONE;
    for (JwtRequirement part : parts) {
      verdict = check(part);
      if (!satisfied(verdict)) {
        return verdict;
      }
    }
    return verdict;
  }

  private static boolean satisfied(Verdict verdict) {
    return verdict instanceof Verdict.Valid || verdict instanceof Verdict.Satisfied;
  }

  private static Verdict missingOr(Verdict verdict) {
    return verdict.equals(Verdict.MISSING) ? Verdict.NONE : verdict;
  }

  /** A token that is wrong says more than one that is missing or somebody else's. */
  private static Verdict worse(Verdict known, Verdict next) {
    if (known.equals(Verdict.MISSING)) {
      return next;
    }
    return known instanceof Verdict.Refused refused
            && refused.refusal() == Refusal.ISSUER
            && !next.equals(Verdict.MISSING)
        ? next
        : known;
  }
}
