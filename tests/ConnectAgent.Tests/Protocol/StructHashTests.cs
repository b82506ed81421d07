using ConnectAgent.Protocol.Hashing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol;

/// <summary>services HASH-1 to HASH-6.</summary>
public sealed class StructHashTests
{
    [Fact] // HASH-1: the vectors of FNV-1 with 64 bits; FNV-1a has af63dc4c8601ec8c for "a"
    public void It_is_fnv_1()
    {
        StructHash.Of([]).Should().Be(0xcbf29ce484222325);
        StructHash.Of("a").Should().Be(0xaf63bd4c8601b7be);
        StructHash.Of("foobar").Should().Be(0x340d8765a4dda9c2);
    }

    [Fact] // HASH-2
    public void Values_are_their_bytes()
    {
        StructHash.Of(1L).Should().Be(StructHash.Of([1, 0, 0, 0, 0, 0, 0, 0])).And.Be(StructHash.Of(1UL));
        StructHash.Of(-1L).Should().Be(StructHash.Of([255, 255, 255, 255, 255, 255, 255, 255]));
        StructHash.Of(1.0).Should().Be(StructHash.Of([0, 0, 0, 0, 0, 0, 0xf0, 0x3f]));
        StructHash.Of(value: true).Should().Be(StructHash.Of([1]));
        StructHash.Of(value: false).Should().Be(StructHash.Of([0]));
        StructHash.Null.Should().Be(StructHash.Of(0L));
    }

    [Fact] // HASH-3
    public void Lists_have_an_order_and_maps_have_none()
    {
        StructHash.OfList([]).Should().Be(0);
        StructHash.OfMap([]).Should().Be(0);
        StructHash.OfList([1, 2]).Should().NotBe(StructHash.OfList([2, 1]));
        StructHash.OfMap([new("a", 1), new("b", 2)]).Should().Be(StructHash.OfMap([new("b", 2), new("a", 1)]));
        StructHash.OfRecord("R", ("a", 0UL)).Should().NotBe(StructHash.OfRecord("R"), "empty fields count");
    }
}
