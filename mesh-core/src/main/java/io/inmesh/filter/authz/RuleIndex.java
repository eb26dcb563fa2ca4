package io.inmesh.filter.authz;

import io.inmesh.identity.SpiffeId;
import io.inmesh.model.AccessMatch;
import io.inmesh.model.AccessPolicy;
import io.inmesh.model.HeaderMatch;
import io.inmesh.model.PathMatch;
import io.inmesh.model.StringMatch;
import io.inmesh.route.PathIndex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the policies that can match a request without trying each. A policy is filed under what it
 * cannot match without (identities, namespaces, paths or methods), whichever it shares with the
 * fewest others; one that has no such condition is tried for every request. Immutable.
 */
final class RuleIndex {
  private static final int[] NONE = {};

  private final Map<String, int[]> identities;
  private final Map<String, int[]> namespaces;

  /** Those under any namespace, for identities of another form. */
  private final int[] namespaced;

  private final Map<String, int[]> methods;
  private final PathIndex paths;
  private final int[] ofPath;
  private final int[] others;

  RuleIndex(List<AccessPolicy> policies) {
    List<AccessMatch> matches = policies.stream().map(RuleIndex::whole).toList();
    List<Dimension<?>> dimensions =
        List.of(
            new Dimension<>(matches, RuleIndex::identity),
            new Dimension<>(matches, RuleIndex::path),
            new Dimension<>(matches, RuleIndex::namespace),
            new Dimension<>(matches, RuleIndex::method));
    List<Integer> unfiled = new ArrayList<>();
    for (int policy = 0; policy < matches.size(); policy++) {
      Dimension<?> rarest = null;
      for (Dimension<?> dimension : dimensions) {
        if (rarest == null || dimension.share(policy) < rarest.share(policy)) {
          rarest = dimension;
        }
      }
      if (rarest == null || !rarest.file(policy)) {
        unfiled.add(policy);
      }
    }
    identities = lists(dimensions.get(0));
    namespaces = lists(dimensions.get(2));
    namespaced = namespaces.values().stream().flatMapToInt(Arrays::stream).sorted().toArray();
    methods = lists(dimensions.get(3));
    List<PathMatch> pathMatches = new ArrayList<>();
    List<Integer> pathPolicies = new ArrayList<>();
    for (Dimension.Filed<?> filed : dimensions.get(1).inOrder()) {
      pathMatches.add((PathMatch) filed.key());
      pathPolicies.add(filed.policy());
    }
    paths = new PathIndex(pathMatches);
    ofPath = ints(pathPolicies);
    others = ints(unfiled);
  }

  /** The first policy that matches; -1: none does. */
  int first(Subject subject, Condition[] policies) {
    int best = policies.length;
    SpiffeId identity = subject.identity();
    if (identity != null && !identities.isEmpty()) {
      best = first(identities.getOrDefault(identity.toString(), NONE), subject, policies, best);
    }
    if (identity != null && !namespaces.isEmpty()) {
      best = first(ofNamespace(identity), subject, policies, best);
    }
    if (ofPath.length > 0) {
      for (int list = 0; list < paths.lists(); list++) {
        for (int position : paths.candidates(list, subject.path())) {
          int policy = ofPath[position];
          if (policy >= best) {
            break;
          }
          if (policies[policy].test(subject)) {
            best = policy;
          }
        }
      }
    }
    if (!methods.isEmpty()) {
      best = first(methods.getOrDefault(subject.head.method(), NONE), subject, policies, best);
    }
    best = first(others, subject, policies, best);
    return best == policies.length ? -1 : best;
  }

  private static int first(int[] candidates, Subject subject, Condition[] policies, int best) {
    for (int policy : candidates) {
      if (policy >= best) {
        break;
      }
      if (policies[policy].test(subject)) {
        return policy;
      }
    }
    return best;
  }

  private int[] ofNamespace(SpiffeId identity) {
    String namespace = identity.namespace();
    return namespace == null ? namespaced : namespaces.getOrDefault(namespace, NONE);
  }

  private static AccessMatch whole(AccessPolicy policy) {
    return new AccessMatch.All(List.of(policy.request(), policy.source()));
  }

  private static @Nullable String identity(AccessMatch match) {
    return match instanceof AccessMatch.Identity identity
            && identity.name() instanceof StringMatch.Exact exact
            && !exact.ignoreCase()
        ? exact.value()
        : null;
  }

  private static @Nullable String namespace(AccessMatch match) {
    return match instanceof AccessMatch.Identity identity && identity.name() != null
        ? Namespaces.of(identity.name())
        : null;
  }

  private static @Nullable String method(AccessMatch match) {
    return match instanceof AccessMatch.Header header
            && header.header().name().equals(":method")
            && !header.header().invert()
            && header.header().test() instanceof HeaderMatch.Test.Value value
            && value.match() instanceof StringMatch.Exact exact
            && !exact.ignoreCase()
        ? exact.value()
        : null;
  }

  private static @Nullable PathMatch path(AccessMatch match) {
    if (match instanceof AccessMatch.PathTemplate template) {
      String named = NamedPath.template(template.template());
      return new PathMatch.Prefix(PathTemplate.literalPrefix(named), true);
    }
    if (match instanceof AccessMatch.Path path) {
      StringMatch named = NamedPath.of(path.path());
      if (named instanceof StringMatch.Exact exact && !exact.ignoreCase()) {
        return new PathMatch.Exact(exact.value(), true);
      }
      if (named instanceof StringMatch.Prefix prefix && !prefix.ignoreCase()) {
        return new PathMatch.Prefix(prefix.value(), true);
      }
    }
    return null;
  }

  private static Map<String, int[]> lists(Dimension<?> dimension) {
    Map<String, List<Integer>> lists = new HashMap<>();
    for (Dimension.Filed<?> filed : dimension.inOrder()) {
      lists.computeIfAbsent((String) filed.key(), key -> new ArrayList<>()).add(filed.policy());
    }
    Map<String, int[]> arrays = new HashMap<>();
    lists.forEach((key, list) -> arrays.put(key, ints(list)));
    return arrays;
  }

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }
}
