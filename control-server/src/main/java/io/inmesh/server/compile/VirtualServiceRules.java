package io.inmesh.server.compile;

import io.inmesh.server.compile.DelegatedRules.Written;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.HttpRouteSpec.Timeouts;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.config.RouteFilter.Header;
import io.inmesh.server.config.RouteFilter.HeaderChanges;
import io.inmesh.server.config.RoutePolicySpec;
import io.inmesh.server.config.VirtualServiceSpec.Destination;
import io.inmesh.server.config.VirtualServiceSpec.HostRef;
import io.inmesh.server.config.VirtualServiceSpec.Match;
import io.inmesh.server.config.VirtualServiceSpec.Mirror;
import io.inmesh.server.config.VirtualServiceSpec.Policy;
import io.inmesh.server.config.VirtualServiceSpec.Redirect;
import io.inmesh.server.config.VirtualServiceSpec.Retries;
import io.inmesh.server.config.VirtualServiceSpec.Rewrite;
import io.inmesh.server.config.VirtualServiceSpec.Rule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The rules of VirtualServices in the form of all routes. */
final class VirtualServiceRules {
  private static final int UNAVAILABLE = 503;

  private final ConfigSet config;
  private final ServiceCatalog catalog;
  private final Destinations destinations;
  private final PolicyIndex policies;
  private final Sessions sessions;
  private final BackendResolver backends;
  private final Collection<Finding> findings;

  VirtualServiceRules(
      ConfigSet config,
      ServiceCatalog catalog,
      Destinations destinations,
      PolicyIndex policies,
      Sessions sessions,
      BackendResolver backends,
      Collection<Finding> findings) {
    this.config = config;
    this.catalog = catalog;
    this.destinations = destinations;
    this.policies = policies;
    this.sessions = sessions;
    this.backends = backends;
    this.findings = findings;
  }

  /** For calls of some callers to a port, in the order in which they are tried. */
  List<RouteRule> of(List<Written> written, MeshService service, MeshPort port, Clients clients) {
    List<RouteRule> rules = new ArrayList<>();
    for (Written one : written) {
      rules.addAll(of(one, new Target(service, port, clients)));
    }
    if (clients.equals(Clients.OTHERS)) {
      unreachable(written, rules);
    }
    return rules;
  }

  /** What is called by whom. */
  private record Target(MeshService service, MeshPort port, Clients clients) {}

  private List<RouteRule> of(Written written, Target target) {
    Rule rule = written.rule();
    List<Match> matches = rule.matches().stream().filter(match -> concerns(match, target)).toList();
    if (matches.isEmpty() && !rule.matches().isEmpty()) {
      return List.of();
    }
    String name = written.by() + "#" + (rule.name().isEmpty() ? rule.index() : rule.name());
    List<Backend> to = backends(written.by(), rule, target);
    HeaderEdits headers =
        HeaderEdits.formatted(
            withoutHost(rule.policy().requestHeaders()), rule.policy().responseHeaders());
    RuleSettings settings = settings(written.by(), rule, target);
    List<Handling.MirrorTarget> mirrors = mirrors(written.by(), rule, target);
    if (matches.isEmpty()) {
      Handling handling = handling(rule, Matches.ANY_PREFIX.path(), target, mirrors);
      return List.of(
          new RouteRule(
              name, Matches.ANY_PREFIX, to, headers, handling, settings, rule.provenance()));
    }
    return matches.stream()
        .map(
            match -> {
              RequestMatch conditions = Matches.of(match);
              return new RouteRule(
                  match.name().isEmpty() ? name : name + "." + match.name(),
                  conditions,
                  to,
                  headers,
                  handling(rule, conditions.path(), target, mirrors),
                  settings,
                  match.provenance());
            })
        .toList();
  }

  private static boolean concerns(Match match, Target target) {
    return (match.port() == null || match.port() == target.port().number())
        && (match.sourceNamespace().isEmpty()
            || match.sourceNamespace().equals(target.clients().namespace()))
        && target.clients().carry(match.sourceLabels());
  }

  // ---- where requests go ----

  private List<Backend> backends(ResourceKey by, Rule rule, Target target) {
    List<Backend> all = new ArrayList<>();
    int index = 0;
    for (Destination one : rule.route()) {
      String pointer = pointer(rule) + "/route/" + index++ + "/destination";
      Optional<String> cluster = cluster(by, one.to(), pointer, target);
      if (one.weight() > 0) {
        all.add(
            cluster
                .<Backend>map(
                    known ->
                        new Backend.Valid(
                            known,
                            one.weight(),
                            HeaderEdits.formatted(one.requestHeaders(), one.responseHeaders())))
                .orElse(
                    new Backend.Invalid(
                        "the destination " + one.to().host() + " does not exist",
                        one.weight(),
                        UNAVAILABLE)));
      }
    }
    if (all.isEmpty()) {
      String why = rule.route().isEmpty() ? "the rule answers itself" : "all its weights are 0";
      all.add(new Backend.Invalid(why, 1, UNAVAILABLE));
    }
    return all;
  }

  /** Empty, with a finding, if there is no such destination. */
  private Optional<String> cluster(ResourceKey by, HostRef to, String pointer, Target target) {
    String suffix = config.meshDefaults().domainSuffix();
    String host = HostNames.full(to.host(), by.namespace(), suffix, catalog);
    MeshService service = catalog.byHost(host);
    if (service == null) {
      return missing(FindingCode.BACKEND_NOT_FOUND, by, to, pointer, "there is no service " + host);
    }
    MeshPort port = port(to, service, target);
    if (port == null) {
      return missing(
          FindingCode.BACKEND_PORT_NOT_FOUND,
          by,
          to,
          pointer,
          host
              + " has no HTTP or gRPC port "
              + (to.port() == null ? target.port().number() : to.port()));
    }
    if (!to.subset().isEmpty()
        && !destinations.of(service, target.clients()).subsets().containsKey(to.subset())) {
      return missing(
          FindingCode.SUBSET_NOT_FOUND,
          by,
          to,
          pointer,
          "no DestinationRule for " + host + " has a subset " + to.subset());
    }
    return Optional.of(Names.cluster(service, port, to.subset()));
  }

  /** The one named, else the only one, else the one called. */
  private static @Nullable MeshPort port(HostRef to, MeshService service, Target target) {
    List<MeshPort> ports =
        service.ports().stream().filter(port -> port.protocol().routable()).toList();
    if (to.port() == null && ports.size() == 1) {
      return ports.get(0);
    }
    int number = to.port() == null ? target.port().number() : to.port();
    return ports.stream().filter(port -> port.number() == number).findFirst().orElse(null);
  }

  private Optional<String> missing(
      FindingCode code, ResourceKey by, HostRef to, String pointer, String message) {
    findings.add(
        Finding.of(code, by, pointer, to.provenance(), message)
            .withHint("requests that would go there fail with 503, copies are not sent"));
    return Optional.empty();
  }

  // ---- what else happens ----

  private List<Handling.MirrorTarget> mirrors(ResourceKey by, Rule rule, Target target) {
    if (rule.policy().mirrors().isEmpty()) {
      Resource<RoutePolicySpec> policy = policy(by, rule, target);
      return policy == null ? List.of() : backends.mirrors(policy, target.service());
    }
    List<Handling.MirrorTarget> targets = new ArrayList<>();
    for (Mirror mirror : rule.policy().mirrors()) {
      cluster(by, mirror.to(), pointer(rule) + mirror.pointer(), target)
          .ifPresent(
              cluster -> targets.add(Handling.MirrorTarget.percent(cluster, mirror.percent())));
    }
    return targets;
  }

  private static Handling handling(
      Rule rule, RequestMatch.Path matched, Target target, List<Handling.MirrorTarget> mirrors) {
    Policy policy = rule.policy();
    LocalAnswer answer = null;
    if (rule.redirect() != null) {
      answer = redirect(rule.redirect(), target.port().number());
    } else if (rule.directResponse() != null) {
      answer = new LocalAnswer.Direct(rule.directResponse().status(), rule.directResponse().body());
    }
    Rewrite rewrite = policy.rewrite();
    String authority = rewrite == null ? null : rewrite.authority();
    return new Handling(
        answer,
        authority == null ? host(policy.requestHeaders()) : authority,
        rewrite == null ? null : path(rewrite, matched),
        mirrors,
        policy.cors());
  }

  private static LocalAnswer redirect(Redirect redirect, int called) {
    String uri = redirect.uri();
    PathChange path = null;
    if (uri != null) {
      path = redirect.prefixOnly() ? new PathChange.Prefix(uri) : new PathChange.Whole(uri);
    }
    return new LocalAnswer.Redirect(
        redirect.scheme(),
        redirect.authority(),
        redirect.requestPort() ? Integer.valueOf(called) : redirect.port(),
        path,
        redirect.statusCode());
  }

  /** Where an expression matched, all of the path is what matched. */
  private static @Nullable PathChange path(Rewrite rewrite, RequestMatch.Path matched) {
    if (rewrite.regex() != null && rewrite.substitution() != null) {
      return new PathChange.Found(rewrite.regex(), rewrite.substitution());
    }
    String uri = rewrite.uri();
    if (uri == null) {
      return null;
    }
    return matched.type() == RequestMatch.PathType.REGEX
        ? new PathChange.Whole(uri)
        : new PathChange.Prefix(uri);
  }

  /** Setting the Host header is another way to write {@code rewrite.authority}. */
  private static @Nullable String host(@Nullable HeaderChanges changes) {
    return changes == null
        ? null
        : changes.set().stream()
            .filter(VirtualServiceRules::isHost)
            .map(Header::value)
            .findFirst()
            .orElse(null);
  }

  private static @Nullable HeaderChanges withoutHost(@Nullable HeaderChanges changes) {
    return changes == null
        ? null
        : new HeaderChanges(
            changes.set().stream().filter(header -> !isHost(header)).toList(),
            changes.add().stream().filter(header -> !isHost(header)).toList(),
            changes.remove());
  }

  private static boolean isHost(Header header) {
    return header.name().equalsIgnoreCase("host");
  }

  private RuleSettings settings(ResourceKey by, Rule rule, Target target) {
    Resource<RoutePolicySpec> policy = policy(by, rule, target);
    Retries retries = rule.policy().retries();
    return RuleSettings.of(
        new Timeouts(rule.policy().timeout(), retries == null ? null : retries.perTryTimeout()),
        retries == null ? null : RetryRule.of(retries),
        rule.policy().fault(),
        policy == null ? null : policy.spec(),
        policies.ofRule(by, rule.name()) == null,
        config.meshDefaults().timeout(),
        sessions.of(target.service(), null));
  }

  private @Nullable Resource<RoutePolicySpec> policy(ResourceKey by, Rule rule, Target target) {
    Resource<RoutePolicySpec> own = policies.ofRule(by, rule.name());
    return own == null ? policies.ofService(target.service()) : own;
  }

  // ---- findings ----

  /** Matches that can never decide; for all callers, so that none is told what concerns others. */
  private void unreachable(List<Written> written, List<RouteRule> rules) {
    for (int i = 1; i < Math.min(rules.size(), Unreachable.LIMIT); i++) {
      RouteRule late = rules.get(i);
      for (RouteRule early : rules.subList(0, i)) {
        if (early.match().covers(late.match())) {
          Written by = writer(written, late);
          findings.add(
              Finding.of(
                  FindingCode.MATCH_UNREACHABLE,
                  by.by(),
                  pointer(by.rule()),
                  late.provenance(),
                  "all its requests are taken by " + early.name() + " before"));
          break;
        }
      }
    }
  }

  private static Written writer(List<Written> written, RouteRule rule) {
    return written.stream()
        .filter(
            one ->
                one.rule().provenance().equals(rule.provenance())
                    || one.rule().matches().stream()
                        .anyMatch(match -> match.provenance().equals(rule.provenance())))
        .findFirst()
        .orElse(written.get(0));
  }

  private static String pointer(Rule rule) {
    return "/spec/http/" + rule.index();
  }
}
