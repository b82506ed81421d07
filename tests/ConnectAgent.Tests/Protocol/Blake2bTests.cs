using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Protocol.Hashing;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol;

/// <summary>RFC 7693, and the hash of intentions (intentions IXN-14).</summary>
public sealed class Blake2bTests
{
    [Fact] // RFC 7693 appendix A
    public void The_example_of_the_RFC() => Hex(Blake2b.Hash("abc"u8, 64)).Should().Be(
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");

    [Fact] // RFC 7693 appendix E: lengths around the block size, with and without a key
    public void The_self_test_of_the_RFC()
    {
        List<byte> results = [];
        foreach (var length in new[] { 20, 32, 48, 64 })
        {
            foreach (var size in new[] { 0, 3, 128, 129, 255, 1024 })
            {
                var data = Sequence(size, (uint)size);
                results.AddRange(Blake2b.Hash(data, length));
                results.AddRange(Blake2b.Hash(data, length, Sequence(length, (uint)length)));
            }
        }

        Hex(Blake2b.Hash([.. results], 32)).Should().Be("c23a7800d98123bd10f506c61e29da5603d763b8bbad2e737f5e765a7bccd475");
    }

    [Fact] // IXN-14: every hash that the reference showed
    public void The_recorded_hashes()
    {
        var recording = JsonNode.Parse(File.ReadAllText(Repository.Fixture("recordings/intentions-crud.json")))!;
        var shown = recording["steps"]!.AsArray().SelectMany(step => step!["response"]!["json"] switch
        {
            JsonArray list => list.Select(node => node!),
            JsonObject one => [one],
            _ => Enumerable.Empty<JsonNode>(),
        }).Where(node => node["Hash"] is not null).ToList();
        shown.Should().HaveCountGreaterThan(5);
        foreach (var node in shown)
        {
            var intention = new Intention
            {
                Id = (string?)node["ID"],
                Description = (string?)node["Description"],
                SourceName = (string)node["SourceName"]!,
                DestinationName = (string)node["DestinationName"]!,
                Action = (string?)node["Action"],
                Meta = node["Meta"]?.AsObject().ToDictionary(pair => pair.Key, pair => (string)pair.Value!, StringComparer.Ordinal),
            };
            IntentionHash.Of(intention).Should().Be((string)node["Hash"]!, node.ToJsonString());
        }
    }

    [Fact]
    public void Meta_is_hashed_in_byte_order()
    {
        var meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["b"] = "2", ["B"] = "1", ["a"] = "3" };
        var intention = new Intention { Id = "id", SourceName = "web", DestinationName = "db", Action = "allow", Meta = meta };
        var expected = Blake2b.Hash([.. Encoding.UTF8.GetBytes("iddefaultwebdefaultdbconsulallow"), 9, 0, 0, 0, 0, 0, 0, 0, .. "B1a3b2"u8], 32);
        IntentionHash.Of(intention).Should().Be(Convert.ToBase64String(expected));
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static byte[] Sequence(int length, uint seed)
    {
        var (a, b) = (unchecked(0xDEAD4BADu * seed), 1u);
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            (a, b) = (b, unchecked(a + b));
            bytes[i] = (byte)(b >> 24);
        }

        return bytes;
    }
}
