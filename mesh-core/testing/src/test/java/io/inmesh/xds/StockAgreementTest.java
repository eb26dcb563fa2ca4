package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.rbac.v3.Permission;
import io.envoyproxy.envoy.config.rbac.v3.Policy;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.type.matcher.v3.PathMatcher;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.v3.Int32Range;
import io.grpc.Metadata;
import io.grpc.xds.StockRbac;
import io.inmesh.call.Admission;
import io.inmesh.call.Peer;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.Svid;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.IpLiteral;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestAuthority;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Our engine and stock gRPC decide the same, whatever the policy and the call. */
class StockAgreementTest {
  private static final int ROUNDS = 2000;
  private static final int CALLS = 8;

  private static final TestAuthority AUTHORITY = new TestAuthority("mesh.local");
  private static final List<@Nullable Svid> PEERS = new ArrayList<>();

  static {
    PEERS.add(null);
    for (String id : List.of("shop/sa/web", "shop/sa/cart", "billing/sa/web")) {
      PEERS.add(AUTHORITY.svid("spiffe://mesh.local/ns/" + id));
    }
  }

  private static final InetSocketAddress LOCAL = address("10.9.0.1", 8080);

  private final Random random = new Random(20_261_126);
  private final FakeMesh mesh = new FakeMesh();

  private static InetSocketAddress address(String ip, int port) {
    return new InetSocketAddress(Objects.requireNonNull(IpLiteral.parse(ip)), port);
  }

  @Test
  void randomPolicies_areDecidedAlike() throws Rejection {
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      var policies = filter();
      Any filter = Any.pack(policies);
      // Of its own, because an Any remembers as what it was read.
      StockRbac stock = new StockRbac(Any.pack(policies));
      AccessDecoder decoder = new AccessDecoder(new Decoding(KnownFilters.NONE));
      mesh.update(
          Snapshots.builder()
              .server(
                  8080,
                  new FilterConfig(
                      "rbac", AccessDecoder.RBAC, false, decoder.control(filter, FieldPath.ROOT))));
      for (int call = 0; call < CALLS; call++) {
        refused += decide(filter, stock) ? 0 : 1;
      }
    }
    assertThat(refused).as("both outcomes are common").isBetween(ROUNDS, ROUNDS * (CALLS - 1));
  }

  private boolean decide(Any filter, StockRbac stock) {
    String path = "/" + pick("shop.Orders", "shop.Stock") + "/" + pick("Get", "Put");
    String authority = pick("orders", "orders:80", "stock.shop");
    InetSocketAddress remote = address(pick("10.1.2.3", "10.1.3.4", "192.0.2.1", "2001:db8::1"), 4);
    Svid peer = PEERS.get(random.nextInt(PEERS.size()));
    Metadata metadata = new Metadata();
    FakeRequest head = FakeRequest.grpc(authority, path);
    for (String name : List.of("tier", "region")) {
      for (int i = random.nextInt(3); i > 0; i--) {
        String value = pick("gold", "red", "");
        metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
        head.headers().add(name, value);
      }
    }
    SpiffeId id = peer == null ? null : peer.id();
    boolean ours =
        mesh.engine().inbound(8080).admit(head, new Peer(remote, id, id != null, LOCAL, null))
            instanceof Admission.Allowed;
    boolean theirs =
        stock.allows(path, authority, metadata, remote, LOCAL, peer == null ? null : peer.leaf());
    assertThat(ours)
        .as("%s %s from %s %s by %s", authority, head, remote, id, filter)
        .isEqualTo(theirs);
    return ours;
  }

  private String pick(String... values) {
    return values[random.nextInt(values.length)];
  }

  private io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC filter() {
    RBAC.Builder rbac =
        RBAC.newBuilder().setAction(random.nextBoolean() ? RBAC.Action.ALLOW : RBAC.Action.DENY);
    for (int i = random.nextInt(4); i > 0; i--) {
      Policy.Builder policy = Policy.newBuilder();
      for (int j = 1 + random.nextInt(2); j > 0; j--) {
        policy.addPermissions(permission(2));
        policy.addPrincipals(principal(2));
      }
      rbac.putPolicies("policy-" + i, policy.build());
    }
    return io.envoyproxy
        .envoy
        .extensions
        .filters
        .http
        .rbac
        .v3
        .RBAC
        .newBuilder()
        .setRules(rbac)
        .build();
  }

  @SuppressWarnings("deprecation") // what stock clients of any age read
  private Permission permission(int depth) {
    Permission.Builder permission = Permission.newBuilder();
    switch (random.nextInt(depth == 0 ? 7 : 10)) {
      case 0 -> permission.setAny(true);
      case 1 -> permission.setUrlPath(path());
      case 2 -> permission.setHeader(header());
      case 3 -> permission.setDestinationPort(random.nextBoolean() ? 8080 : 9090);
      case 4 -> permission.setDestinationIp(cidr());
      case 5 ->
          permission.setDestinationPortRange(
              Int32Range.newBuilder().setStart(8000).setEnd(random.nextBoolean() ? 8080 : 8081));
      case 6 ->
          permission.setHeader(HeaderMatcher.newBuilder().setName(":method").setExactMatch("POST"));
      case 7 ->
          permission.setAndRules(
              Permission.Set.newBuilder()
                  .addRules(permission(depth - 1))
                  .addRules(permission(depth - 1)));
      case 8 ->
          permission.setOrRules(
              Permission.Set.newBuilder()
                  .addRules(permission(depth - 1))
                  .addRules(permission(depth - 1)));
      default -> permission.setNotRule(permission(depth - 1));
    }
    return permission.build();
  }

  private Principal principal(int depth) {
    Principal.Builder principal = Principal.newBuilder();
    switch (random.nextInt(depth == 0 ? 6 : 9)) {
      case 0 -> principal.setAny(true);
      case 1, 2 ->
          principal.setAuthenticated(
              Principal.Authenticated.newBuilder().setPrincipalName(identity()));
      case 3 -> principal.setDirectRemoteIp(cidr());
      case 4 -> principal.setHeader(header());
      case 5 -> principal.setUrlPath(path());
      case 6 ->
          principal.setAndIds(
              Principal.Set.newBuilder().addIds(principal(depth - 1)).addIds(principal(depth - 1)));
      case 7 ->
          principal.setOrIds(
              Principal.Set.newBuilder().addIds(principal(depth - 1)).addIds(principal(depth - 1)));
      default -> principal.setNotId(principal(depth - 1));
    }
    return principal.build();
  }

  private StringMatcher identity() {
    StringMatcher.Builder matcher = StringMatcher.newBuilder();
    return switch (random.nextInt(4)) {
      case 0 -> matcher.setExact("spiffe://mesh.local/ns/shop/sa/" + pick("web", "cart")).build();
      case 1 -> matcher.setPrefix("spiffe://mesh.local/ns/" + pick("shop", "bill")).build();
      case 2 -> matcher.setSuffix("/sa/" + pick("web", "cart")).build();
      default ->
          matcher.setSafeRegex(regex(".*/ns/" + pick("shop", "billing", "sh.*") + "/.*")).build();
    };
  }

  private static RegexMatcher regex(String expression) {
    return RegexMatcher.newBuilder().setRegex(expression).build();
  }

  private PathMatcher path() {
    StringMatcher.Builder matcher =
        StringMatcher.newBuilder().setIgnoreCase(random.nextInt(5) == 0);
    switch (random.nextInt(4)) {
      case 0 -> matcher.setExact("/" + pick("shop.Orders", "shop.Stock") + "/Get");
      case 1 -> matcher.setPrefix("/" + pick("shop.O", "shop.Stock/", "SHOP."));
      case 2 -> matcher.setSuffix(pick("/Get", "/put"));
      default ->
          matcher.setSafeRegex(regex("/shop[.]" + pick("Orders/.*", ".*/Get"))).clearIgnoreCase();
    }
    return PathMatcher.newBuilder().setPath(matcher).build();
  }

  @SuppressWarnings("deprecation") // what stock clients of any age read
  private HeaderMatcher header() {
    HeaderMatcher.Builder header =
        HeaderMatcher.newBuilder()
            .setName(pick("tier", "region", ":authority"))
            .setInvertMatch(random.nextInt(4) == 0);
    switch (random.nextInt(5)) {
      case 0 -> header.setExactMatch(pick("gold", "red", "gold,red", "orders"));
      case 1 -> header.setPrefixMatch(pick("go", "r", "orders"));
      case 2 -> header.setSuffixMatch(pick("ld", "d", "80"));
      case 3 -> header.setPresentMatch(random.nextBoolean());
      default -> header.setSafeRegexMatch(regex(pick("g.*", "(gold|red)", "orders(:[0-9]+)?")));
    }
    return header.build();
  }

  /** Not {@code 0.0.0.0/0}, which stock gRPC takes for half of all addresses. */
  private CidrRange cidr() {
    String[] range = pick("10.1.2.0/24", "10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32").split("/");
    return CidrRange.newBuilder()
        .setAddressPrefix(range[0])
        .setPrefixLen(UInt32Value.of(Integer.parseInt(range[1])))
        .build();
  }
}
