using ConnectAgent.Protocol.Identity;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.Protocol;

/// <summary>certificates CERT-10: the common form of a URI, read without strings, means what the parser of all forms says.</summary>
public sealed class PlainServiceUriTests
{
    private static readonly Gen<string> Names = Gen.Elements("web", "x.consul", "default", "Default", "dc1", "a-b_c", "1", "W.E.B", "x", "y", "z", "q", "", "w%65b", "a/b", "a:1", "u@x", "ü", " ", "*", ".", "..");

    private static readonly Gen<string> Texts =
        from scheme in Gen.Elements("spiffe://", "spiffe://", "spiffe://", "SPIFFE://", "spiffe:/", "http://", "")
        from host in Names
        from partition in Gen.Elements("", "", "", "/ap/default", "/ap/other")
        from words in Gen.Elements(("/ns/", "/dc/", "/svc/"), ("/ns/", "/dc/", "/svc/"), ("/ns/", "/dc/", "/svc/"), ("/NS/", "/dc/", "/svc/"), ("/dc/", "/ns/", "/svc/"), ("/ns/", "/dc/", "/id/"))
        from ns in Names
        from dc in Names
        from service in Names
        from end in Gen.Elements("", "", "", "/", "/x", "?x", "#x")
        select scheme + host + partition + words.Item1 + ns + words.Item2 + dc + words.Item3 + service + end;

    [Fact]
    public void What_it_takes_the_parser_takes_with_the_same_parts()
    {
        var taken = 0;
        Prop.ForAll(Arb.From(Texts), text =>
        {
            if (!PlainServiceUri.TryRead(text, out var uri))
            {
                return true;
            }

            taken++;
            return SpiffeId.Parse(text) == new ServiceId(
                uri.Host.ToString(), SpiffeId.DefaultNamespace, uri.Namespace.ToString(), uri.Datacenter.ToString(), uri.Service.ToString());
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000).Repeatable());
        taken.Should().BeGreaterThan(20);
    }

    [Fact]
    public void It_takes_what_this_agent_and_the_reference_make()
    {
        PlainServiceUri.TryRead(new ServiceId("11111111-2222-3333-4444-555555555555.consul", "dc1", "web").ToString(), out var uri).Should().BeTrue();
        (uri.Host.ToString(), uri.Namespace.ToString(), uri.Datacenter.ToString(), uri.Service.ToString())
            .Should().Be(("11111111-2222-3333-4444-555555555555.consul", "default", "dc1", "web"));
    }
}
