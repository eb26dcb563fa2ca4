package io.inmesh.spring;

import io.inmesh.model.AccessControl;
import io.inmesh.model.AccessMatch;
import io.inmesh.model.AccessPolicy;
import io.inmesh.model.AccessRules;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.PathPolicy;
import io.inmesh.model.PathPolicy.EscapedSlashes;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.ServerListener;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.StringMatch;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.Snapshots;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpMethod;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** An application under {@code /shop} of which policies let nobody into {@code /shop/admin}. */
final class GuardedShop {
  /** What handlers were called for; {@code ADMIN} is what must not be there. */
  static final List<String> HANDLED = new CopyOnWriteArrayList<>();

  /** Ways to ask for {@code /shop/admin} that somebody could take for another path. */
  static final List<String> DISGUISES =
      List.of(
          "/shop/admin",
          "/shop/admin/users",
          "/shop/admin;x=1",
          "/shop/admin;x=1/users",
          "/shop;x=1/admin",
          "/shop/;/admin",
          "/shop//admin",
          "//shop/admin",
          "/shop///admin",
          "/shop/./admin",
          "/shop/items/../admin",
          "/shop/items/..;/admin",
          "/shop/items/..;x=1/admin",
          "/items/../shop/admin",
          "/shop/%61dmin",
          "/shop/%2561dmin",
          "/shop/admi%6e",
          "/%73hop/admin",
          "/shop/%2e/admin",
          "/shop/items/%2e%2e/admin",
          "/shop/items/..%2fadmin",
          "/shop/items%2f..%2fadmin",
          "/shop%2fadmin",
          "/shop/%2fadmin",
          "/shop/%252fadmin",
          "/shop/items/%252e%252e/admin",
          "/shop/items/..%5cadmin",
          "/shop\\admin",
          "/shop/x\\..\\admin",
          "/shop/admin%00",
          "/shop/admin%20",
          "/shop/admin%3b",
          "/shop/admin/",
          "/shop/admin/.",
          "/shop/admin?x=/shop/items",
          "/shop/admin#/shop/items",
          "/shop/%c0%af/admin",
          "/shop/%u0061dmin",
          "/shop/ADMIN",
          "/SHOP/admin",
          "/shop/%41dmin",
          "/shop/%61DMIN",
          "/%53hop/admin",
          "http://x/shop/admin",
          "http://y/shop/admin",
          "http://x/shop//admin",
          "HTTP://x/shop/%61dmin");

  private static final FakeMesh ENGINE = new FakeMesh();

  private GuardedShop() {}

  static BootServer start(WebApplicationType type, String... properties) {
    return new BootServer(
        type,
        new EngineOnly(ENGINE),
        Application.class,
        Stream.concat(
                Stream.of("server.servlet.context-path=/shop", "spring.webflux.base-path=/shop"),
                Stream.of(properties))
            .toArray(String[]::new));
  }

  @SpringBootConfiguration
  @EnableAutoConfiguration
  static class Application {
    @Bean
    Handler handler() {
      return new Handler();
    }
  }

  @RestController
  static class Handler {
    @RequestMapping("/admin/**")
    String admin() {
      HANDLED.add("ADMIN");
      return "admin";
    }

    @RequestMapping("/{*path}")
    String any(
        HttpMethod method, @PathVariable String path, @RequestBody(required = false) byte[] body) {
      HANDLED.add(method + " " + path + (body == null ? "" : " " + body.length));
      return "handled";
    }
  }

  static {
    AccessPolicy admin =
        new AccessPolicy(
            "admin",
            new AccessMatch.Path(new StringMatch.Prefix("/shop/admin", false)),
            new AccessMatch.Always());
    ENGINE.update(
        Snapshots.builder()
            .server(
                new ServerListener(
                    8080,
                    new RouteConfig("inbound", List.of(), HeaderChanges.NONE, Map.of(), List.of()),
                    List.of(
                        new FilterConfig(
                            "deny",
                            "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
                            false,
                            new AccessControl(
                                new AccessRules(AccessRules.Action.DENY, List.of(admin)),
                                null,
                                ""))),
                    ServerTlsPolicy.DISABLED,
                    new PathPolicy(true, true, EscapedSlashes.REFUSE))));
  }
}
