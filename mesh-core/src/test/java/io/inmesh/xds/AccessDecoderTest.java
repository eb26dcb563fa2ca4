package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBACPerRoute;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import io.inmesh.model.AccessControl;
import io.inmesh.model.AccessMatch;
import io.inmesh.model.AccessRules;
import io.inmesh.model.StringMatch;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessDecoderTest {
  private final Decoding decoding = new Decoding(KnownFilters.NONE);
  private final AccessDecoder decoder = new AccessDecoder(decoding);

  private static RBAC policy(String permission, String principal) {
    return Text.merge(
            "rules { action: ALLOW policies { key: 'p' value { permissions { %s } principals { %s } } } }"
                .formatted(permission, principal),
            RBAC.newBuilder())
        .build();
  }

  private AccessRules rules(RBAC rbac) throws Rejection {
    return Objects.requireNonNull(decoder.control(Any.pack(rbac), FieldPath.ROOT).rules());
  }

  private AccessMatch permission(String permission) throws Rejection {
    AccessMatch any = rules(policy(permission, "any: true")).policies().get(0).request();
    return ((AccessMatch.AnyOf) any).parts().get(0);
  }

  @Test
  void policies_areOrderedByName() throws Rejection {
    RBAC rbac =
        Text.merge(
                """
                rules {
                  action: DENY
                  policies { key: 'b' value { permissions { any: true } principals { any: true } } }
                  policies { key: 'a' value { permissions { any: true } principals { any: true } } }
                }
                shadow_rules { action: LOG }
                shadow_rules_stat_prefix: 's_'
                """,
                RBAC.newBuilder())
            .build();
    AccessControl control = decoder.control(Any.pack(rbac), FieldPath.ROOT);
    assertThat(Objects.requireNonNull(control.rules()).action()).isEqualTo(AccessRules.Action.DENY);
    assertThat(control.rules().policies()).extracting(p -> p.name()).containsExactly("a", "b");
    assertThat(control.shadow()).isEqualTo(new AccessRules(AccessRules.Action.LOG, List.of()));
    assertThat(control.shadowName()).isEqualTo("s_");
  }

  @Test
  void permissions_areDecoded() throws Rejection {
    assertThat(permission("destination_port: 80")).isEqualTo(new AccessMatch.LocalPort(80, 80));
    assertThat(permission("destination_port_range { start: 80 end: 90 }"))
        .isEqualTo(new AccessMatch.LocalPort(80, 89));
    assertThat(permission("not_rule { any: true }"))
        .isEqualTo(new AccessMatch.Not(new AccessMatch.Always()));
    assertThat(permission("and_rules { rules { any: true } }"))
        .isEqualTo(new AccessMatch.All(List.of(new AccessMatch.Always())));
    assertThat(permission("requested_server_name { exact: 'a' }"))
        .isEqualTo(new AccessMatch.ServerName(new StringMatch.Exact("a", false)));
  }

  @ParameterizedTest
  @CsvSource({
    "/a/{b}/c, /a/*/c",
    "/a/{b=x/*}/c, /a/x/*/c",
    "/a/{b=**}, /a/**",
    "/{*}/{**}, /*/**",
    "/**.mpd, /**.mpd"
  })
  void uriTemplate_becomesAGlob(String template, String glob) throws Rejection {
    Any config = Any.pack(UriTemplateMatchConfig.newBuilder().setPathTemplate(template).build());
    RBAC.Builder rbac = policy("uri_template { name: 't' }", "any: true").toBuilder();
    rbac.getRulesBuilder()
        .putPolicies(
            "p",
            rbac.getRules().getPoliciesOrThrow("p").toBuilder()
                .setPermissions(
                    0,
                    io.envoyproxy.envoy.config.rbac.v3.Permission.newBuilder()
                        .setUriTemplate(
                            io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig.newBuilder()
                                .setTypedConfig(config)))
                .build());
    AccessMatch any = rules(rbac.build()).policies().get(0).request();
    assertThat(((AccessMatch.AnyOf) any).parts())
        .containsExactly(new AccessMatch.PathTemplate(glob));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "any: false",
        "",
        "matcher { name: 'm' }",
        "destination_ip { address_prefix: 'localhost' }",
        "destination_ip { address_prefix: '10.0.0.0' prefix_len { value: 33 } }",
        "url_path { }",
        "url_path { path { safe_regex { regex: '(' } } }",
        "metadata { filter: 'f' }",
        "sourced_metadata { metadata_source: ROUTE }",
        "uri_template { typed_config { type_url: 'x' } }"
      })
  void permissionThatCannotBeEnforced_rejects(String permission) {
    assertThatThrownBy(() -> rules(policy(permission, "any: true"))).isInstanceOf(Rejection.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "any: false",
        "",
        "custom { name: 'c' }",
        "filter_state { key: 'other' string_match { exact: 'a' } }",
        "direct_remote_ip { address_prefix: '' }"
      })
  void principalThatCannotBeEnforced_rejects(String principal) {
    assertThatThrownBy(() -> rules(policy("any: true", principal))).isInstanceOf(Rejection.class);
  }

  @Test
  void conditionsInCel_reject() {
    RBAC rbac =
        Text.merge(
                "rules { policies { key: 'p' value { permissions { any: true } principals { any:"
                    + " true } condition { } } } }",
                RBAC.newBuilder())
            .build();
    assertThatThrownBy(() -> rules(rbac))
        .isInstanceOf(Rejection.class)
        .hasMessageStartingWith("rules.policies[\"p\"].condition");
  }

  @Test
  void perRoute_withoutPolicy_switchesOff() throws Rejection {
    assertThat(decoder.perRoute(Any.pack(RBACPerRoute.getDefaultInstance()), FieldPath.ROOT))
        .isNull();
  }

  @Test
  void networkFilterBefore_appliesToEachRequest() throws Rejection {
    Listener listener = Protos.serverListener(80);
    var network =
        Text.merge(
                "rules { action: DENY }",
                io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC.newBuilder())
            .build();
    Listener guarded =
        listener.toBuilder()
            .setFilterChains(
                0,
                listener.getFilterChains(0).toBuilder()
                    .addFilters(
                        0,
                        Filter.newBuilder().setName("n").setTypedConfig(Any.pack(network)).build()))
            .build();
    ListenerResource decoded =
        ResourceKind.LISTENER.decode(guarded, new KnownFilters(Set.of(AccessDecoder.RBAC))).value();
    assertThat(decoded.filters())
        .singleElement()
        .satisfies(
            filter ->
                assertThat(filter.settings())
                    .isEqualTo(
                        new AccessControl(
                            new AccessRules(AccessRules.Action.DENY, List.of()), null, "")));
  }
}
