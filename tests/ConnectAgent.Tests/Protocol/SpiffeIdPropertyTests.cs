using ConnectAgent.Protocol.Identity;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace ConnectAgent.Tests.Protocol;

/// <summary>Identities of every kind and their URIs (certificates section 2).</summary>
[Properties(MaxTest = PropertyRuns.Cases, Replay = PropertyRuns.Seed)]
public sealed class SpiffeIdPropertyTests
{
    private static readonly Gen<string> Hosts = Gen.Elements("x.consul", "Upper.Consul", "x.consul:8443", "11111111-2222-3333-4444-555555555555.consul");

    private static readonly Gen<string> Partitions = Gen.Elements("default", "default", "p1", "té am", "%64efault");

    private static readonly Gen<string> Names = Gen
        .Elements("a", "Z", "0", "-", "_", ".", "~", " ", "%", "%2F", "%41", "?", "#", "+", "&", "=", "'", "(", ":", "@", "é", "\u2603", "\U0001f600", "svc", "dc")
        .ListOf().Select(string.Concat).Where(name => SpiffePath.IsSegment(name));

    private static readonly Gen<SpiffeId> Ids = Gen.OneOf(
        from host in Hosts
        from partition in Partitions
        from ns in Names
        from datacenter in Names
        from service in Names
        select (SpiffeId)new ServiceId(host, partition, ns, datacenter, service),
        from host in Hosts
        from partition in Partitions
        from datacenter in Names
        from node in Names
        select (SpiffeId)new AgentId(host, partition, datacenter, node),
        from host in Hosts
        from partition in Partitions
        from datacenter in Names
        select (SpiffeId)new MeshGatewayId(host, partition, datacenter),
        from host in Hosts
        from datacenter in Names
        select (SpiffeId)new ServerId(host, datacenter),
        from host in Hosts
        select (SpiffeId)new SigningId(host));

    private static readonly Gen<string> Texts = Gen
        .Elements("spiffe://", "SPIFFE:", "http://", "//", "/", "x.consul", "default", "ap", "ns", "dc", "svc", "agent", "client", "server", "gateway", "mesh", "id", "/ns/default/dc/dc1/svc/", "web", "%", "%2F", "%zz", "%FF", "%00", "?", "#", "@", ":", "[", "]", ".", "..", " ", "\n", "é", "\ud800")
        .ListOf().Select(string.Concat);

    [Property] // CERT-20, CERT-21: names of any text, and those that look like parts of a path
    public Property Every_identity_is_read_back_as_it_was_written() => Prop.ForAll(
        Ids.ToArbitrary(), id => SpiffeId.Parse(id.ToString()) == id && id.HasUri(out _));

    [Property] // FA-13, CERT-21: what would be read as another one has no URI
    public Property No_name_with_a_slash_has_a_URI() => Prop.ForAll(
        (from before in Names from after in Names select new ServiceId("x.consul", "dc1", before + "/" + after)).ToArbitrary(),
        id => !id.HasUri(out var error) && error.EndsWith(id.ToString(), StringComparison.Ordinal));

    [Property] // CERT-22, CERT-27: an error is a text, whatever is read
    public Property Any_text_is_an_identity_or_a_format_error() => Prop.ForAll(
        Texts.ToArbitrary(), text => SpiffeId.TryParse(text, out var id, out var error) ? id.ToString().StartsWith("spiffe://", StringComparison.Ordinal) : error.StartsWith("SPIFFE ID ", StringComparison.Ordinal));
}
