package io.inmesh.server.compile;

import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.Kind;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.config.ValueMatch;
import io.inmesh.server.config.VirtualServiceSpec;
import io.inmesh.server.config.VirtualServiceSpec.Delegate;
import io.inmesh.server.config.VirtualServiceSpec.Match;
import io.inmesh.server.config.VirtualServiceSpec.Policy;
import io.inmesh.server.config.VirtualServiceSpec.Rule;
import io.inmesh.server.config.VirtualServiceSpec.Text;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The rules of a VirtualService with those of its delegates in their places. As in Istio, both
 * conditions must hold, the delegate's may only narrow its root's, and what the delegate does not
 * say about requests its root says.
 */
final class DelegatedRules {
  private final ConfigSet config;
  private final Collection<Finding> findings;

  DelegatedRules(ConfigSet config, Collection<Finding> findings) {
    this.config = config;
    this.findings = findings;
  }

  /** A rule, and the object it is written in. */
  record Written(ResourceKey by, Rule rule) {}

  /** In the order in which they are tried. */
  List<Written> of(Resource<VirtualServiceSpec> root) {
    List<Written> all = new ArrayList<>();
    for (Rule rule : root.spec().http()) {
      if (rule.delegate() == null) {
        all.add(new Written(root.key(), rule));
      } else {
        delegate(root, rule, rule.delegate())
            .ifPresent(
                delegate -> {
                  for (Rule leaf : delegate.spec().http()) {
                    merged(rule, leaf, delegate.key())
                        .ifPresent(one -> all.add(new Written(delegate.key(), one)));
                  }
                });
      }
    }
    return all;
  }

  private Optional<Resource<VirtualServiceSpec>> delegate(
      Resource<VirtualServiceSpec> root, Rule rule, Delegate name) {
    ResourceKey key = new ResourceKey(Kind.VIRTUAL_SERVICE, name.namespace(), name.name());
    Optional<Resource<VirtualServiceSpec>> found =
        config.virtualServices().stream().filter(one -> one.key().equals(key)).findFirst();
    String problem = null;
    if (found.isEmpty()) {
      problem = "there is no " + key;
    } else if (!found.get().spec().isDelegate()) {
      problem = key + " has hosts of its own: nobody can delegate to it";
    } else if (!Exports.to(found.get().spec().exportTo(), key, root.key().namespace())) {
      problem = key + " is not exported to " + root.key().namespace();
    }
    if (problem != null) {
      findings.add(
          Finding.of(
                  FindingCode.DELEGATE_NOT_FOUND,
                  root.key(),
                  "/spec/http/" + rule.index() + "/delegate",
                  name.provenance(),
                  problem)
              .withHint("the rule is left out"));
      return Optional.empty();
    }
    return found;
  }

  private Optional<Rule> merged(Rule root, Rule leaf, ResourceKey by) {
    List<Match> matches = new ArrayList<>();
    for (Match outer : root.matches()) {
      for (Match inner : leaf.matches()) {
        if (conflict(outer, inner)) {
          findings.add(
              Finding.of(
                      FindingCode.DELEGATE_CONFLICT,
                      by,
                      "/spec/http/" + leaf.index() + "/match",
                      inner.provenance(),
                      "the condition is not within the one it is delegated under")
                  .withHint("the rule is left out"));
          return Optional.empty();
        }
        matches.add(merged(outer, inner));
      }
    }
    if (matches.isEmpty()) {
      matches.addAll(root.matches().isEmpty() ? leaf.matches() : root.matches());
    }
    String name =
        root.name().isEmpty() || leaf.name().isEmpty()
            ? root.name() + leaf.name()
            : root.name() + "-" + leaf.name();
    return Optional.of(
        new Rule(
            leaf.index(),
            name,
            matches,
            leaf.route(),
            leaf.redirect(),
            leaf.directResponse(),
            null,
            merged(root.policy(), leaf.policy()),
            leaf.provenance()));
  }

  private static Policy merged(Policy root, Policy leaf) {
    return new Policy(
        or(leaf.rewrite(), root.rewrite()),
        or(leaf.timeout(), root.timeout()),
        or(leaf.retries(), root.retries()),
        or(leaf.fault(), root.fault()),
        leaf.mirrors().isEmpty() ? root.mirrors() : leaf.mirrors(),
        or(leaf.requestHeaders(), root.requestHeaders()),
        or(leaf.responseHeaders(), root.responseHeaders()),
        or(leaf.cors(), root.cors()));
  }

  private static Match merged(Match root, Match leaf) {
    return new Match(
        root.name().isEmpty() || leaf.name().isEmpty()
            ? root.name() + leaf.name()
            : root.name() + "-" + leaf.name(),
        or(leaf.uri(), root.uri()),
        root.ignoreCase() || leaf.ignoreCase(),
        or(leaf.scheme(), root.scheme()),
        or(leaf.method(), root.method()),
        or(leaf.authority(), root.authority()),
        both(root.headers(), leaf.headers()),
        both(root.withoutHeaders(), leaf.withoutHeaders()),
        both(root.queryParams(), leaf.queryParams()),
        or(leaf.port(), root.port()),
        both(root.sourceLabels(), leaf.sourceLabels()),
        leaf.sourceNamespace().isEmpty() ? root.sourceNamespace() : leaf.sourceNamespace(),
        leaf.provenance());
  }

  private static <T> @Nullable T or(@Nullable T first, @Nullable T second) {
    return first == null ? second : first;
  }

  private static <V> Map<String, V> both(Map<String, V> root, Map<String, V> leaf) {
    Map<String, V> all = new HashMap<>(root);
    all.putAll(leaf);
    return all;
  }

  /** Whether the inner condition goes beyond the outer one. */
  private static boolean conflict(Match root, Match leaf) {
    return wider(root.uri(), leaf.uri(), root.ignoreCase())
        || wider(root.scheme(), leaf.scheme(), false)
        || wider(root.method(), leaf.method(), false)
        || wider(root.authority(), leaf.authority(), false)
        || wider(root.headers(), leaf.headers())
        || wider(root.withoutHeaders(), leaf.withoutHeaders())
        || wider(root.queryParams(), leaf.queryParams())
        || (root.uri() != null && leaf.uri() != null && root.ignoreCase() != leaf.ignoreCase())
        || (root.port() != null && leaf.port() != null && !root.port().equals(leaf.port()))
        || differ(root.sourceNamespace(), leaf.sourceNamespace())
        || root.sourceLabels().entrySet().stream()
            .anyMatch(
                label ->
                    differ(label.getValue(), leaf.sourceLabels().getOrDefault(label.getKey(), "")));
  }

  private static boolean differ(String root, String leaf) {
    return !root.isEmpty() && !leaf.isEmpty() && !root.equals(leaf);
  }

  private static boolean wider(Map<String, Text> root, Map<String, Text> leaf) {
    return leaf.entrySet().stream()
        .anyMatch(inner -> wider(root.get(inner.getKey()), inner.getValue(), false));
  }

  private static boolean wider(@Nullable Text root, @Nullable Text leaf, boolean ignoreCase) {
    if (root == null || leaf == null || root.equals(leaf)) {
      return false;
    }
    return switch (root.type()) {
      case PRESENT -> false;
      case EXACT ->
          !ignoreCase
              || leaf.type() != ValueMatch.Type.EXACT
              || !leaf.value().equalsIgnoreCase(root.value());
      case REGULAR_EXPRESSION -> true;
      case PREFIX ->
          (leaf.type() != ValueMatch.Type.EXACT && leaf.type() != ValueMatch.Type.PREFIX)
              || !leaf.value().regionMatches(ignoreCase, 0, root.value(), 0, root.value().length());
    };
  }
}
