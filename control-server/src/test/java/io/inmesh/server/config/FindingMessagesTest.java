package io.inmesh.server.config;

import static io.inmesh.server.config.Yaml.check;
import static io.inmesh.server.config.Yaml.defaults;
import static io.inmesh.server.config.Yaml.entry;
import static io.inmesh.server.config.Yaml.grpcRoute;
import static io.inmesh.server.config.Yaml.httpRoute;
import static io.inmesh.server.config.Yaml.object;
import static io.inmesh.server.config.Yaml.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each mistake gives exactly one message, and this one. */
class FindingMessagesTest {

  private static final String BACKEND = "backendRefs: [{name: a, port: 80}]";

  static Stream<Arguments> envelope() {
    return Stream.of(
        arguments(
            "just text",
            "error IM1101: expected an object with apiVersion, kind, metadata and spec, found the"
                + " string 'just text'"),
        arguments(
            "kind: Service",
            "error IM1101 apiVersion: not an object: apiVersion is missing; expected apiVersion,"
                + " kind, metadata and spec"),
        arguments(
            "apiVersion: v1",
            "error IM1101 kind: not an object: kind is missing; expected apiVersion, kind, metadata"
                + " and spec"),
        arguments(
            "apiVersion: v1\nkind: Servce",
            "error IM1102 kind: unknown kind 'Servce'; did you mean 'Service'?"),
        arguments(
            "apiVersion: apps/v1\nkind: Deployment",
            "error IM1102 kind: unknown kind 'Deployment'; expected one of Service, ServiceEntry,"
                + " WorkloadEntry, DestinationRule, VirtualService, HTTPRoute, GRPCRoute,"
                + " XBackendTrafficPolicy, ReferenceGrant, BackendTLSPolicy, ConfigMap,"
                + " AuthorizationPolicy, PeerAuthentication, RequestAuthentication, MeshDefaults,"
                + " RoutePolicy"),
        arguments(
            "apiVersion: gateway.networking.k8s.io/v1alpha2\nkind: UDPRoute",
            "error IM1102 kind: kind UDPRoute is not yet supported"),
        arguments(
            "apiVersion: gateway.networking.k8s.io/v1alpha2\nkind: HTTPRoute",
            "error IM1103 apiVersion: there is no HTTPRoute in apiVersion"
                + " 'gateway.networking.k8s.io/v1alpha2'; expected gateway.networking.k8s.io/v1"),
        arguments(
            "apiVersion: v1\nkind: HTTPRoute",
            "error IM1103 apiVersion: there is no HTTPRoute in apiVersion 'v1'; expected"
                + " gateway.networking.k8s.io/v1"),
        arguments(
            "apiVersion: v1\nkind: Namespace",
            "info IM1404 kind: Namespace has no meaning here and is skipped"),
        arguments(
            service("Orders", 80),
            "error IM1104 metadata.name: 'Orders' is not a service name; expected 1 to 63 lower"
                + " case letters, digits or '-', beginning with a letter"),
        arguments(
            "apiVersion: v1\nkind: Service\nmetadata: {}\nspec: {ports: [{port: 80}]}",
            "error IM1202 metadata.name: missing"),
        arguments(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: a, namespace: 7}
            spec: {ports: [{port: 80}]}\
            """,
            "error IM1201 metadata.namespace: expected a string, found the number 7; put it in"
                + " quotes"),
        arguments(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: a}
            specs: {}
            spec: {ports: [{port: 80}]}\
            """,
            "error IM1203 Service default/a specs: unknown field; did you mean 'spec'?"),
        arguments(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: a, labels: {version: 1.10}}
            spec: {ports: [{port: 80}]}\
            """,
            "error IM1201 Service default/a metadata.labels.version: expected a string, found the"
                + " number 1.10; put it in quotes"),
        arguments(
            """
            apiVersion: inmesh.io/v1alpha1
            kind: MeshDefaults
            metadata: {name: d, namespace: x}
            spec: {}\
            """,
            "warning IM1105 MeshDefaults d metadata.namespace: a MeshDefaults belongs to the whole"
                + " mesh; its namespace is ignored"));
  }

  static Stream<Arguments> schema() {
    return Stream.of(
        arguments(
            service("a", "ports: {port: 80}"),
            "error IM1201 Service default/a spec.ports: expected a list, found a mapping; begin"
                + " each item with '- '"),
        arguments(
            service("a", "ports: [{port: '80'}]"),
            "error IM1201 Service default/a spec.ports[0].port: expected a whole number, found the"
                + " string '80'; remove the quotes"),
        arguments(
            service("a", "ports: [{port: 70000}]"),
            "error IM1206 Service default/a spec.ports[0].port: 70000 is out of range; expected 1"
                + " to 65535"),
        arguments(
            service("a", "ports: [{port: 99999999999999999999999}]"),
            "error IM1206 Service default/a spec.ports[0].port: 99999999999999999999999 is out of"
                + " range; expected 1 to 65535"),
        arguments(
            service("a", "ports: [{port: 80, targetPort: true}]"),
            "error IM1201 Service default/a spec.ports[0].targetPort: expected a port number or"
                + " name, found true"),
        arguments(
            service("a", "ports: [{port: 80, protocol: tcp}]"),
            "error IM1204 Service default/a spec.ports[0].protocol: 'tcp' is not allowed; did you"
                + " mean 'TCP'?"),
        arguments(
            service("a", "ports: []"),
            "error IM1202 Service default/a spec.ports: missing; expected at least one port"),
        arguments(
            service("a", "ports: [{port: 80}]\npublishNotReadyAddresses: 'true'"),
            "error IM1201 Service default/a spec.publishNotReadyAddresses: expected true or false,"
                + " found the string 'true'"),
        arguments(
            service("a", "ports: [{port: 80}]\nselector: app"),
            "error IM1201 Service default/a spec.selector: expected a mapping, found the string"
                + " 'app'"),
        arguments(
            service("a", "ports: [{port: 80}]\nselector: {app: }"),
            "error IM1202 Service default/a spec.selector.app: has no value"),
        arguments(
            service("a", "ports: [{port: 80}]\nselector: {'a b': c}"),
            "error IM1205 Service default/a spec.selector.a b: 'a b' is not a label name; expected"
                + " [prefix/]name of letters, digits, '-', '_', '.'"),
        arguments(
            service("a", "ports: [{port: 80}]\nports: [{port: 81}]"),
            "error IM1005 Service default/a spec.ports: the field is there twice; it is also in"
                + " line 5"),
        arguments(
            httpRoute("r", "- timeouts: {request: 10}\n  " + BACKEND),
            "error IM1201 HTTPRoute default/r spec.rules[0].timeouts.request: expected a string,"
                + " found the number 10; put it in quotes"),
        arguments(
            httpRoute("r", "- timeouts: {request: 10sec}\n  " + BACKEND),
            "error IM1205 HTTPRoute default/r spec.rules[0].timeouts.request: '10sec' is not a"
                + " duration; expected for example 250ms, 10s or 1h30m (GEP-2257)"),
        arguments(
            httpRoute("r", "- backendRefs: [{name: a, port: 80, weight: -1}]"),
            "error IM1206 HTTPRoute default/r spec.rules[0].backendRefs[0].weight: -1 is out of"
                + " range; expected 0 to 1000000"),
        arguments(
            httpRoute("r", "- backendRefs: [{port: 80}]"),
            "error IM1202 HTTPRoute default/r spec.rules[0].backendRefs[0].name: missing; expected"
                + " string, at most 253 characters"),
        arguments(
            httpRoute("r", "- backendRefs: [~]"),
            "error IM1201 HTTPRoute default/r spec.rules[0].backendRefs[0]: expected a mapping,"
                + " found the string '~'"),
        arguments(
            httpRoute("r", "- backendRefs:\n  -"),
            "error IM1202 HTTPRoute default/r spec.rules[0].backendRefs[0]: the item is empty"),
        arguments(
            httpRoute("r", "  []"),
            "error IM1207 HTTPRoute default/r spec.rules: has 0 items; expected at least 1"),
        arguments(
            httpRoute("r", ("- " + BACKEND + "\n").repeat(17)),
            "error IM1207 HTTPRoute default/r spec.rules: has 17 items; expected at most 16"),
        arguments(
            httpRoute("r", "- matches: [{path: {value: ''}}]\n  " + BACKEND),
            "error IM1207 HTTPRoute default/r spec.rules[0].matches[0].path.value: must not be"
                + " empty"),
        arguments(
            httpRoute(
                "r", "- filters: [{type: RequestRedirect, requestRedirect: {statusCode: 304}}]"),
            "error IM1204 HTTPRoute default/r spec.rules[0].filters[0].requestRedirect.statusCode:"
                + " 304 is not allowed; expected 301, 302, 303, 307 or 308"),
        arguments(
            httpRoute("r", "- matchs: []\n  " + BACKEND),
            "error IM1203 HTTPRoute default/r spec.rules[0].matchs: unknown field; did you mean"
                + " 'matches'?"),
        arguments(
            httpRoute("r", "- timeouts: {overall: 1s}\n  " + BACKEND),
            "error IM1203 HTTPRoute default/r spec.rules[0].timeouts.overall: unknown field;"
                + " expected one of request, backendRequest"));
  }

  static Stream<Arguments> services() {
    return Stream.of(
        arguments(
            service("a", "ports: [{port: 80, name: x}, {port: 81}]"),
            "error IM1202 Service default/a spec.ports[1].name: missing; a service with several"
                + " ports names them"),
        arguments(
            service("a", "ports: [{port: 80, name: x}, {port: 81, name: x}]"),
            "error IM1303 Service default/a spec.ports[1].name: another port is called 'x'"),
        arguments(
            service("a", "ports: [{port: 80, name: x}, {port: 80, name: y}]"),
            "error IM1303 Service default/a spec.ports[1].port: port 80 is in the list already"),
        arguments(
            service("a", "ports: [{port: 80, protocol: UDP}]"),
            "warning IM1309 Service default/a spec.ports[0].protocol: only TCP ports are served"),
        arguments(
            service("a", "ports: [{port: 80}]\nsessionAffinity: ClientIP"),
            "warning IM1401 Service default/a spec.sessionAffinity: sessionAffinity ClientIP is not"
                + " yet supported, has no effect"),
        arguments(
            service("a", "ports: [{port: 80}]\nexternalIPs: [1.2.3.4]\nloadBalancerIP: 1.2.3.4"),
            "info IM1402 Service default/a spec: has no effect here: externalIPs, loadBalancerIP"),
        arguments(
            entry(
                "e",
                "hosts: [a.b]\nports: [{number: 80, name: http}]\nendpoints: [{address: 1.2.3.4}]"),
            "error IM1305 ServiceEntry default/e spec.endpoints: resolution NONE has no endpoints:"
                + " requests go to the hosts themselves; leave them out, or use STATIC or DNS"),
        arguments(
            entry(
                "e",
                """
                hosts: [a.b]
                ports: [{number: 80, name: http}]
                resolution: DNS_ROUND_ROBIN
                endpoints: [{address: c.d}, {address: e.f}]\
                """),
            "error IM1305 ServiceEntry default/e spec.endpoints: resolution DNS_ROUND_ROBIN takes"
                + " one endpoint, there are 2; use DNS for several"),
        arguments(
            entry("e", "hosts: [a.b]\nports: [{number: 80, name: http}]\nresolution: STATIC"),
            "warning IM1309 ServiceEntry default/e spec: resolution STATIC without endpoints or"
                + " workloadSelector: nothing can answer"),
        arguments(
            entry(
                "e",
                "hosts: [a.b]\nports: [{number: 80, name: http, protocol: SMTP}]\nresolution: DNS"),
            "error IM1205 ServiceEntry default/e spec.ports[0].protocol: 'SMTP' is not a protocol;"
                + " expected HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, TCP, TLS or MONGO"),
        arguments(
            entry("e", "hosts: ['*.b']\nports: [{number: 80, name: http}]\nresolution: DNS"),
            "error IM1305 ServiceEntry default/e spec.hosts: '*.b' cannot be asked of DNS; list"
                + " endpoints or leave out '*.'"),
        arguments(
            entry("e", "hosts: ['*']\nports: [{number: 80, name: http}]\nresolution: DNS"),
            "error IM1205 ServiceEntry default/e spec.hosts[0]: '*' is not a host name; expected a"
                + " DNS name in lower case, perhaps with '*.' in front, and no port"),
        arguments(
            entry(
                "e",
                """
                hosts: [a.b]
                ports: [{number: 80, name: http}]
                resolution: STATIC
                endpoints: [{address: c.d}]\
                """),
            "error IM1305 ServiceEntry default/e spec.endpoints[0].address: 'c.d' is not an IP"
                + " address; resolution STATIC needs addresses; for names use DNS"),
        arguments(
            entry(
                "e",
                """
                hosts: [a.b]
                ports: [{number: 80, name: http}]
                resolution: STATIC
                endpoints: [{address: 'unix:///x'}]\
                """),
            "error IM1403 ServiceEntry default/e spec.endpoints[0].address: a Unix socket cannot be"
                + " reached by other processes of the mesh; expected an IP address or a DNS name"),
        arguments(
            entry(
                "e",
                """
                hosts: [a.b]
                ports: [{number: 80, name: http}]
                resolution: STATIC
                endpoints: [{address: 1.2.3.4}]
                workloadSelector: {labels: {a: b}}\
                """),
            "error IM1305 ServiceEntry default/e spec.workloadSelector: endpoints and"
                + " workloadSelector exclude one another"),
        arguments(
            entry(
                "e",
                """
                hosts: ["*.a.b"]
                ports: [{number: 80, name: http, targetPort: 8080}]
                resolution: DYNAMIC_DNS\
                """),
            "warning IM1309 ServiceEntry default/e spec.ports[0].targetPort: hosts that a wildcard"
                + " stands for are called at the port that the call names"),
        arguments(
            object("networking.istio.io/v1", "WorkloadEntry", "w", "address: 1.2.3.4.5/8"),
            "error IM1205 WorkloadEntry default/w spec.address: '1.2.3.4.5/8' is not an address;"
                + " expected an IP address or a DNS name"),
        arguments(
            object(
                "networking.istio.io/v1",
                "WorkloadEntry",
                "w",
                "address: 1.2.3.4\nlocality: a/b/c/d"),
            "error IM1205 WorkloadEntry default/w spec.locality: 'a/b/c/d' is not a locality;"
                + " expected region, region/zone or region/zone/subzone"),
        arguments(
            object(
                "gateway.networking.k8s.io/v1beta1",
                "ReferenceGrant",
                "g",
                "from: []\nto: [{group: '', kind: Service}]"),
            "error IM1207 ReferenceGrant default/g spec.from: has 0 items; expected at least 1"),
        arguments(
            defaults("d", "lease: {ttl: 20m}"),
            "error IM1304 MeshDefaults d spec.lease.ttl: ttl 20m is longer than maxTtl 10m"),
        arguments(
            defaults("d", "configDebounce: {quiet: 5s}"),
            "error IM1304 MeshDefaults d spec.configDebounce.quiet: quiet 5s is longer than cap"
                + " 1s"));
  }

  static Stream<Arguments> routes() {
    String regex = "error IM1301 HTTPRoute default/r spec.rules[0].matches[0].path.value: ";
    return Stream.of(
        arguments(
            httpRoute(
                "r",
                "- backendRefs: [{name: a, port: 80, weight: 0}, {name: b, port: 80, weight: 0}]"),
            "error IM1302 HTTPRoute default/r spec.rules[0].backendRefs: the weights sum to 0, no"
                + " request could go anywhere; give one backend a weight of 1 or more"),
        arguments(
            grpcRoute("r", "- backendRefs: [{name: a, port: 80, weight: 0}]"),
            "error IM1302 GRPCRoute default/r spec.rules[0].backendRefs: the weights sum to 0, no"
                + " request could go anywhere; give one backend a weight of 1 or more"),
        arguments(
            httpRoute(
                "r", "- matches: [{path: {type: RegularExpression, value: '/a('}}]\n  " + BACKEND),
            regex + "not a valid RE2 expression: missing closing ): '/a('"),
        arguments(
            httpRoute(
                "r",
                "- matches: [{path: {type: RegularExpression, value: '(?<!a)b'}}]\n  " + BACKEND),
            regex + "not a valid RE2 expression: invalid named capture: '(?<!a)b'"),
        arguments(
            httpRoute(
                "r",
                "- matches: [{path: {type: RegularExpression, value: '((a{100}){100}){100}'}}]\n  "
                    + BACKEND),
            regex + "the repetitions multiply to more than 1000"),
        arguments(
            httpRoute(
                "r",
                "- matches: [{headers: [{type: RegularExpression, name: a, value: '['}]}]\n  "
                    + BACKEND),
            "error IM1301 HTTPRoute default/r spec.rules[0].matches[0].headers[0].value: not a"
                + " valid RE2 expression: missing closing ]: '['"),
        arguments(
            httpRoute("r", "- matches: [{path: {value: orders}}]\n  " + BACKEND),
            "error IM1205 HTTPRoute default/r spec.rules[0].matches[0].path.value: 'orders' is not"
                + " a path; expected to begin with '/', without //, /./, /../, %2f, '?' or '#'"),
        arguments(
            httpRoute(
                "r",
                "- matches: [{headers: [{name: X-A, value: b}, {name: x-a, value: c}]}]\n  "
                    + BACKEND),
            "error IM1303 HTTPRoute default/r spec.rules[0].matches[0].headers[1]: header 'x-a' is"
                + " there twice"),
        arguments(
            httpRoute(
                "r",
                "- matches: [{queryParams: [{name: a, value: b}, {name: a, value: c}]}]\n  "
                    + BACKEND),
            "error IM1303 HTTPRoute default/r spec.rules[0].matches[0].queryParams[1]: query"
                + " parameter 'a' is there twice"),
        arguments(
            httpRoute("r", "- timeouts: {request: 1s, backendRequest: 2s}\n  " + BACKEND),
            "error IM1304 HTTPRoute default/r spec.rules[0].timeouts.backendRequest: backendRequest"
                + " 2s is longer than request 1s"),
        arguments(
            httpRoute(
                "r",
                "- name: x\n  matches: [{path: {value: /a}}]\n  "
                    + BACKEND
                    + "\n- name: x\n  "
                    + BACKEND),
            "error IM1303 HTTPRoute default/r spec.rules[1]: rule 'x' is there twice"),
        arguments(
            httpRoute(
                "r",
                "- matches: [{method: GET}]\n  "
                    + BACKEND
                    + "\n- matches: [{method: GET}]\n  "
                    + BACKEND),
            "warning IM1308 HTTPRoute default/r spec.rules[1].matches[0]: never reached: an earlier"
                + " match is the same"),
        arguments(
            httpRoute("r", "- backendRefs: [{name: a}]"),
            "error IM1202 HTTPRoute default/r spec.rules[0].backendRefs[0].port: missing; a Service"
                + " is named with its port"),
        arguments(
            httpRoute("r", "- filters: [{type: RequestHeaderModifier}]\n  " + BACKEND),
            "error IM1202 HTTPRoute default/r spec.rules[0].filters[0].requestHeaderModifier:"
                + " missing; type RequestHeaderModifier needs it"),
        arguments(
            httpRoute(
                "r",
                "- filters: [{type: RequestHeaderModifier, requestHeaderModifier: {},"
                    + " responseHeaderModifier: {}}]\n"
                    + "  "
                    + BACKEND),
            "error IM1305 HTTPRoute default/r spec.rules[0].filters[0].responseHeaderModifier: does"
                + " not belong to type RequestHeaderModifier; remove it"),
        arguments(
            httpRoute(
                "r",
                "- filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name:"
                    + " Host, value: x}]}}]\n"
                    + "  "
                    + BACKEND),
            "error IM1403 HTTPRoute default/r"
                + " spec.rules[0].filters[0].requestHeaderModifier.set[0].name: the Host header"
                + " cannot be changed by a header filter; use URLRewrite.hostname"),
        arguments(
            httpRoute(
                "r",
                "- filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a,"
                    + " value: \"b\\r"
                    + "\\n"
                    + "c: d\"}]}}]\n"
                    + "  "
                    + BACKEND),
            "error IM1205 HTTPRoute default/r"
                + " spec.rules[0].filters[0].requestHeaderModifier.set[0].value: 'b??c: d' is not a"
                + " header value; expected no control characters"),
        arguments(
            httpRoute(
                "r",
                """
                - filters:
                  - {type: RequestHeaderModifier, requestHeaderModifier: {remove: [a]}}
                  - {type: RequestHeaderModifier, requestHeaderModifier: {remove: [b]}}
                """
                    + "  "
                    + BACKEND),
            "error IM1303 HTTPRoute default/r spec.rules[0].filters[1].type: only one"
                + " RequestHeaderModifier is allowed here"),
        arguments(
            httpRoute(
                "r",
                """
                - filters: [{type: ExtensionRef, extensionRef: {group: a.b, kind: X, name: y}}]
                """
                    + "  "
                    + BACKEND),
            "error IM1403 HTTPRoute default/r spec.rules[0].filters[0].extensionRef: filters of"
                + " kind a.b/X do not exist here; expected inmesh.io/RoutePolicy"),
        arguments(
            grpcRoute("r", "- filters: [{type: URLRewrite}]\n  " + BACKEND),
            "error IM1204 GRPCRoute default/r spec.rules[0].filters[0].type: 'URLRewrite' is not"
                + " allowed; expected one of RequestHeaderModifier, ResponseHeaderModifier,"
                + " RequestMirror, ExtensionRef"),
        arguments(
            grpcRoute("r", "- matches: [{method: {}}]\n  " + BACKEND),
            "error IM1202 GRPCRoute default/r spec.rules[0].matches[0].method: missing; expected"
                + " service, method or both"),
        arguments(
            grpcRoute("r", "- matches: [{method: {service: a/b}}]\n  " + BACKEND),
            "error IM1205 GRPCRoute default/r spec.rules[0].matches[0].method.service: 'a/b' is not"
                + " a gRPC service name; expected package.Service"),
        arguments(
            grpcRoute(
                "r", "- matches: [{method: {type: RegularExpression, method: '*'}}]\n  " + BACKEND),
            "error IM1301 GRPCRoute default/r spec.rules[0].matches[0].method.method: not a valid"
                + " RE2 expression: missing argument to repetition operator: '*'"),
        arguments(
            grpcRoute("r", "- timeouts: {request: 1s}\n  " + BACKEND),
            "error IM1203 GRPCRoute default/r spec.rules[0].timeouts: unknown field; expected one"
                + " of name, matches, filters, backendRefs, sessionPersistence"));
  }

  static Stream<Arguments> parents() {
    String rules = "rules: [{" + BACKEND + "}]";
    return Stream.of(
        arguments(
            route("parentRefs: [{name: gw}]\n" + rules),
            "info IM1311 HTTPRoute default/r spec.parentRefs[0]: a Gateway is not served by this"
                + " mesh; the parent is ignored"),
        arguments(
            route("parentRefs: [{group: a.b, kind: Thing, name: x}]\n" + rules),
            "warning IM1311 HTTPRoute default/r spec.parentRefs[0]: a Thing is not served by this"
                + " mesh; the parent is ignored; expected kind Service with group ''"),
        arguments(
            route("parentRefs: [{group: '', kind: Sevice, name: x}]\n" + rules),
            "error IM1204 HTTPRoute default/r spec.parentRefs[0].kind: a route cannot attach to the"
                + " core kind 'Sevice'; did you mean 'Service'?"),
        arguments(
            route("parentRefs: [{kind: Service, name: x}]\n" + rules),
            "warning IM1312 HTTPRoute default/r spec.parentRefs[0].kind: without a group the kind"
                + " Service means no object; '' assumed; write group: ''"),
        arguments(
            route(
                "parentRefs: [{group: core, kind: Service, name: x}]\nhostnames: [a.b]\n" + rules),
            "warning IM1310 HTTPRoute default/r spec.hostnames: hostnames have no effect on routes"
                + " whose parent is a Service; match on a header instead"),
        arguments(
            route(
                "parentRefs: [{group: '', kind: Service, name: x}, {group: core, kind: Service,"
                    + " name: x}]\n"
                    + rules),
            "error IM1303 HTTPRoute default/r spec.parentRefs[1]: parent 'Service x' is there"
                + " twice"));
  }

  @ParameterizedTest
  @MethodSource({"envelope", "schema", "services", "routes", "parents"})
  void parse_mistake_oneMessage(String yaml, String expected) {
    assertThat(check(yaml)).containsExactly(expected);
  }

  private static String route(String spec) {
    return object("gateway.networking.k8s.io/v1", "HTTPRoute", "r", spec);
  }
}
