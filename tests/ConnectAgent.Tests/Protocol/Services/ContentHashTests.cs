using ConnectAgent.Protocol.Hashing;
using ConnectAgent.Protocol.Services;
using FluentAssertions;
using FsCheck.Xunit;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Services;

/// <summary>Services section 9: clients compare these hashes with those of the reference.</summary>
public sealed class ContentHashTests
{
    public static TheoryData<string> Vectors => [.. HashVectors.Hashes];

    [Theory] // HASH-7, AG-7
    [MemberData(nameof(Vectors))]
    public void A_recorded_service_has_the_recorded_hash(string hash) => ContentHash.Of(HashVectors.Of(hash)).Should().Be(hash);

    [Theory] // DCH-8
    [InlineData("", "grpc", 8_000_000_000, "12e2330e")]
    [InlineData("remote", "", 8_000_000_000, "20b6a492")]
    [InlineData("", "tcp", 0, "96f2c150")]
    public void Overrides_of_a_chain_have_the_recorded_hash(string mode, string protocol, long timeout, string hash) =>
        ContentHash.OfOverrides(mode, protocol, timeout).Should().Be(hash);

    [Fact] // HASH-6
    public void A_hash_has_no_leading_zeros() =>
        Enumerable.Range(0, 200).Select(static port => ContentHash.Of(new NodeService { Id = "a", Name = "a", Port = port })).Should().Contain(static hash => hash.Length < 16);

    [Fact] // DATA-1, DATA-2: what is not shown does not count
    public void Only_what_is_shown_counts()
    {
        var service = new NodeService { Id = "a", Name = "a", Weights = new ServiceWeights(1, 0) };
        ContentHash.Of(service with { Weights = new ServiceWeights(0, 0) }).Should().Be(ContentHash.Of(service));
        ContentHash.Of(service with { Proxy = new ProxyConfig { Mode = "x" } }).Should().Be(ContentHash.Of(service));
    }

    [Fact] // HASH-5
    public void Central_configuration_of_an_upstream_counts()
    {
        NodeService With(bool isCentral) => HashVectors.Of("fd144308f71de246") with
        {
            Proxy = new ProxyConfig { Upstreams = [new Upstream { DestinationName = "db", CentrallyConfigured = isCentral }] },
        };
        ContentHash.Of(With(true)).Should().NotBe(ContentHash.Of(With(false)));
    }

    [Property(MaxTest = PropertyRuns.Cases, Replay = PropertyRuns.Seed)] // HASH-3
    public void The_order_of_a_map_does_not_count(IDictionary<string, string> meta, int seed)
    {
        var shuffled = meta.OrderBy(pair => HashCode.Combine(pair.Key, seed)).ToDictionary(static pair => pair.Key, static pair => pair.Value ?? "", StringComparer.Ordinal);
        var given = meta.ToDictionary(static pair => pair.Key, static pair => pair.Value ?? "", StringComparer.Ordinal);
        var service = new NodeService { Id = "a", Name = "a" };
        ContentHash.Of(service with { Meta = shuffled }).Should().Be(ContentHash.Of(service with { Meta = given }));
        ContentHash.Of(service with { TaggedAddresses = shuffled.ToDictionary(static pair => pair.Key, static pair => new ServiceAddress(pair.Value, 1), StringComparer.Ordinal) })
            .Should().Be(ContentHash.Of(service with { TaggedAddresses = given.ToDictionary(static pair => pair.Key, static pair => new ServiceAddress(pair.Value, 1), StringComparer.Ordinal) }));
    }

    [Property(MaxTest = PropertyRuns.Cases, Replay = PropertyRuns.Seed)] // HASH-3: that of a list does
    public bool The_order_of_tags_counts(string one, string other)
    {
        var service = new NodeService { Id = "a", Name = "a" };
        return one is null || other is null
            || (one == other) == (ContentHash.Of(service with { Tags = [one, other] }) == ContentHash.Of(service with { Tags = [other, one] }));
    }

    [Theory] // HASH-4: numbers are doubles, texts their characters, the order of names is nothing
    [InlineData("""{"a":1,"b":[true,null]}""", """{"b":[true,null],"a":1.0}""", true)]
    [InlineData("""{"a":"ä\n"}""", """{"a":"\u00e4\u000a"}""", true)]
    [InlineData("""{"a":10}""", """{"a":1e1}""", true)]
    [InlineData("""{"a":[1,2]}""", """{"a":[2,1]}""", false)]
    [InlineData("""{"a":{"b":1}}""", """{"a":{"b":true}}""", false)]
    [InlineData("""{"a":null}""", "{}", false)]
    public void Json_counts_by_its_values(string one, string other, bool isSame) =>
        (StructuralHash.OfJson(one) == StructuralHash.OfJson(other)).Should().Be(isSame);

    [Fact]
    public void A_hash_costs_no_more_memory_than_its_text_and_the_walk_over_its_maps()
    {
        var service = HashVectors.Of("dd1f219e732d96cd");
        ContentHash.Value(service);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            ContentHash.Value(service);
        }

        ((GC.GetAllocatedBytesForCurrentThread() - before) / 1000).Should().BeLessThan(200);
    }
}
