package io.inmesh.server.config;

import io.inmesh.server.config.RouteFilter.HeaderChanges;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Istio {@code networking.istio.io VirtualService}: where requests to hosts go. The first rule that
 * matches wins.
 *
 * @param hosts as written: full names, short ones in the object's namespace, or {@code *.suffix};
 *     empty: others delegate to it
 * @param exportTo namespaces whose callers it is for; {@code *} for all, {@code .} for its own;
 *     empty: all
 * @param forMesh whether callers in the mesh are meant, not only gateways
 * @param http rules in the order written
 */
public record VirtualServiceSpec(
    List<String> hosts, List<String> exportTo, boolean forMesh, List<Rule> http) implements Spec {

  /** Copies the lists. */
  public VirtualServiceSpec {
    hosts = List.copyOf(hosts);
    exportTo = List.copyOf(exportTo);
    http = List.copyOf(http);
  }

  /** Whether others delegate to it. */
  public boolean isDelegate() {
    return hosts.isEmpty();
  }

  /**
   * One rule.
   *
   * @param index its place in the object, from 0
   * @param name for people and policies; empty if none
   * @param matches alternatives; empty: all requests
   * @param route where requests go, by weight; empty: something else is said
   * @param redirect answers instead; null: does not
   * @param directResponse answers instead; null: does not
   * @param delegate whose rules apply instead; null: nobody's
   * @param policy what else happens to requests
   * @param provenance where it is written
   */
  public record Rule(
      int index,
      String name,
      List<Match> matches,
      List<Destination> route,
      @Nullable Redirect redirect,
      @Nullable DirectResponse directResponse,
      @Nullable Delegate delegate,
      Policy policy,
      Provenance provenance) {
    /** Copies the lists. */
    public Rule {
      matches = List.copyOf(matches);
      route = List.copyOf(route);
    }
  }

  /**
   * What a rule says besides where requests go; a delegate's rule inherits each part it does not
   * say. Null: not said.
   *
   * @param timeout of the whole request; zero: none
   * @param mirrors copies; empty: not said
   */
  public record Policy(
      @Nullable Rewrite rewrite,
      @Nullable Duration timeout,
      @Nullable Retries retries,
      CallRules.@Nullable Fault fault,
      List<Mirror> mirrors,
      @Nullable HeaderChanges requestHeaders,
      @Nullable HeaderChanges responseHeaders,
      @Nullable CorsRules cors) {
    /** Copies the list. */
    public Policy {
      mirrors = List.copyOf(mirrors);
    }
  }

  /**
   * Conditions of which all must hold; null: any.
   *
   * @param name for people; may be empty
   * @param ignoreCase of the path, unless it is an expression
   * @param headers all must match
   * @param withoutHeaders none may match
   * @param queryParams all must match
   * @param port of the service; null: any
   * @param sourceLabels the caller carries
   * @param sourceNamespace of the caller; empty: any
   * @param provenance where it is written
   */
  public record Match(
      String name,
      @Nullable Text uri,
      boolean ignoreCase,
      @Nullable Text scheme,
      @Nullable Text method,
      @Nullable Text authority,
      Map<String, Text> headers,
      Map<String, Text> withoutHeaders,
      Map<String, Text> queryParams,
      @Nullable Integer port,
      Map<String, String> sourceLabels,
      String sourceNamespace,
      Provenance provenance) {}

  /** How a text is compared. */
  public record Text(ValueMatch.Type type, String value) {}

  /**
   * A destination.
   *
   * @param host as written
   * @param subset of a DestinationRule; empty: the whole host
   * @param port null: follows from the host
   */
  public record HostRef(
      String host, String subset, @Nullable Integer port, Provenance provenance) {}

  /**
   * A destination with its share.
   *
   * @param weight against the sum; 0: none of several
   */
  public record Destination(
      HostRef to,
      int weight,
      @Nullable HeaderChanges requestHeaders,
      @Nullable HeaderChanges responseHeaders,
      Provenance provenance) {}

  /**
   * Answers with a redirect; null keeps what the request has.
   *
   * @param prefixOnly whether {@code uri} replaces only the matched prefix
   * @param port null: as the scheme says
   * @param requestPort whether the port called is the one to use
   */
  public record Redirect(
      @Nullable String uri,
      boolean prefixOnly,
      @Nullable String authority,
      @Nullable Integer port,
      boolean requestPort,
      @Nullable String scheme,
      int statusCode) {}

  /** Answers with fixed content. */
  public record DirectResponse(int status, String body) {}

  /** The object whose rules apply. */
  public record Delegate(String name, String namespace, Provenance provenance) {}

  /**
   * Changes path and host; null keeps the request's.
   *
   * @param uri in place of the matched prefix or path
   * @param regex what of the path {@code substitution} takes the place of
   */
  public record Rewrite(
      @Nullable String uri,
      @Nullable String authority,
      @Nullable String regex,
      @Nullable String substitution) {}

  /**
   * What is tried again.
   *
   * @param attempts retries at most
   * @param perTryTimeout of each attempt; null: that of the request
   * @param on Envoy's conditions; empty with {@code codes}: Istio's usual ones
   * @param codes HTTP statuses that are retried
   * @param remoteLocalities whether other priorities are tried
   * @param ignorePreviousHosts whether hosts that failed are avoided
   * @param backoff scale of the first wait; null: the default
   */
  public record Retries(
      int attempts,
      @Nullable Duration perTryTimeout,
      List<String> on,
      List<Integer> codes,
      boolean remoteLocalities,
      boolean ignorePreviousHosts,
      @Nullable Duration backoff) {
    /** Copies the lists. */
    public Retries {
      on = List.copyOf(on);
      codes = List.copyOf(codes);
    }
  }

  /**
   * A copy of requests.
   *
   * @param percent of requests
   * @param pointer to it in the rule
   */
  public record Mirror(HostRef to, double percent, String pointer) {}
}
