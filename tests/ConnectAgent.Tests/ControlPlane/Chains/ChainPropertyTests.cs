using ConnectAgent.ControlPlane.Chains;
using ConnectAgent.Protocol.Chains;
using ConnectAgent.Protocol.Errors;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace ConnectAgent.Tests.ControlPlane.Chains;

/// <summary>services DCH-6 and CFG-14: whatever the entries say, a chain holds together or is refused in the words of the rule.</summary>
[Properties(MaxTest = PropertyRuns.Cases, Replay = PropertyRuns.Seed)]
public sealed class ChainPropertyTests
{
    private static readonly string[] Services = ["s0", "s1", "s2", "s3"];

    private static readonly Gen<string> Service = Gen.Elements(Services);

    private static readonly Gen<string> Subset = Gen.Frequency((3, Gen.Constant(string.Empty)), (1, Gen.Elements("v1", "v2")));

    // Cut at random, in hundredths.
    private static readonly Gen<IReadOnlyList<decimal>> Weights =
        from cuts in Gen.Choose(0, 10_000).ListOf()
        let points = cuts.Take(3).Append(0).Append(10_000).Order().ToList()
        select (IReadOnlyList<decimal>)[.. points.Zip(points.Skip(1), (start, end) => (end - start) / 100m)];

    private static readonly Gen<string> Defaults =
        from name in Service
        from protocol in Gen.Frequency((20, Gen.Constant("http")), (1, Gen.Elements("tcp", "grpc")))
        from sni in Gen.Frequency((20, Gen.Constant(string.Empty)), (1, Gen.Constant("ext.example")))
        from mode in Gen.Elements(string.Empty, "local", "remote")
        select $$"""{"Kind":"service-defaults","Name":"{{name}}","Protocol":"{{protocol}}","ExternalSNI":"{{sni}}","MeshGateway":{"Mode":"{{mode}}"} }""";

    private static readonly Gen<string> Router =
        from name in Service
        from ways in (from service in Service from subset in Subset select $$"""{"Destination":{"Service":"{{service}}","ServiceSubset":"{{subset}}"} }""").ListOf()
        select $$"""{"Kind":"service-router","Name":"{{name}}","Routes":[{{string.Join(',', ways.Take(4))}}]}""";

    // Mostly further down the list, so that most chains end.
    private static readonly Gen<string> Splitter =
        from at in Gen.Choose(0, Services.Length - 1)
        from first in Gen.Frequency((5, Gen.Constant(at)), (1, Gen.Constant(0)))
        from weights in Weights
        from ways in Gen.Shuffle(Services.Skip(first).Append($"{Services[at]}\",\"ServiceSubset\":\"v1").ToArray())
        let last = weights.Take(ways.Length - 1).ToList()
        let splits = last.Append(100 - last.Sum()).Zip(ways, (weight, way) => FormattableString.Invariant($$"""{"Weight":{{weight}},"Service":"{{way}}"}"""))
        select $$"""{"Kind":"service-splitter","Name":"{{Services[at]}}","Splits":[{{string.Join(',', splits)}}]}""";

    private static readonly Gen<string> Resolver =
        from name in Service
        from other in Service
        from subset in Subset
        from datacenters in Gen.Elements("", "\"dc1\"", "\"dc2\"", "\"dc2\",\"dc3\"")
        from way in Gen.Choose(0, 3)
        let rest = way switch
        {
            0 => $$""","Redirect":{"Service":"{{other}}","ServiceSubset":"{{subset}}"}""",
            1 => $$""","Failover":{"*":{"Service":"{{other}}","ServiceSubset":"{{subset}}","Datacenters":[{{datacenters}}]} }""",
            2 => $$""","DefaultSubset":"v1","Failover":{"v1":{"Service":"{{other}}"} }""",
            _ => ""","ConnectTimeout":"1s","LoadBalancer":{"Policy":"maglev"}""",
        }
        select $$"""{"Kind":"service-resolver","Name":"{{name}}","Subsets":{"v1":{"Filter":"a"},"v2":{} }{{rest}}}""";

    private static readonly Gen<string[]> Entries =
        from entries in Gen.Frequency((2, Defaults), (1, Router), (3, Splitter), (3, Resolver)).ArrayOf()
        select entries.Append("""{"Kind":"proxy-defaults","Config":{"protocol":"http"}}""").ToArray();

    private static readonly Gen<ChainOverrides> Overrides =
        from mode in Gen.Elements(string.Empty, "none", "local")
        from protocol in Gen.Elements(string.Empty, string.Empty, "tcp", "grpc")
        from timeout in Gen.Elements(0, 1_000_000_000L, 5_000_000_000L)
        select new ChainOverrides(mode, protocol, timeout);

    private static readonly string[] Refusals =
    [
        "detected circular resolver redirect: [", "detected circular reference: [", "uses inconsistent protocols; service \"", "does not have a subset named",
        "that does not permit advanced routing or splitting behavior", "has an external SNI set; cannot define",
    ];

    [Property(MaxTest = 1000)]
    public Property A_chain_holds_together_or_is_refused_in_words() => Prop.ForAll(
        (from entries in Entries from overrides in Overrides select (entries, overrides)).ToArbitrary(),
        given =>
        {
            var fixture = Made(given.entries);
            foreach (var service in Services)
            {
                try
                {
                    var chain = fixture.Compile(service, given.overrides);
                    HoldsTogether(chain);
                    if (ChainFixture.Show(fixture.Compile(service, given.overrides)) != ChainFixture.Show(chain))
                    {
                        throw new InvalidOperationException("another chain of the same entries");
                    }
                }
                catch (ServerException refusal) when (refusal.Kind == FailureKind.Mistake && Refusals.Any(refusal.Message.Contains))
                {
                    // In the words of the rule.
                }
            }

            return true;
        });

    // An entry that is wrong by itself could not have been written.
    private static ChainFixture Made(string[] entries) => ChainFixture.Of([.. entries.Where(entry =>
    {
        try
        {
            return ChainFixture.Of(entry) is not null;
        }
        catch (AggregateException error) when (error.InnerException is ServerException)
        {
            return false;
        }
    })]);

    private static void HoldsTogether(DiscoveryChain chain)
    {
        Require(chain.Nodes.ContainsKey(chain.StartNode), "the first node is missing");
        HashSet<string> used = new(StringComparer.Ordinal);
        foreach (var (key, node) in chain.Nodes)
        {
            Require(node.Key == key && node.Next.All(chain.Nodes.ContainsKey), $"{key} leads nowhere");
            Require(new object?[] { node.Routes, node.Splits, node.Resolver }.Count(part => part is not null) == 1, $"{key} is not one thing");
            Require(key == chain.StartNode || chain.Nodes.Values.Any(other => other.Next.Contains(key)), $"{key} is not needed");
            if (node.Splits is { } splits)
            {
                Require(splits.Sum(split => split.Weight) == 100 && splits.All(split => split.Weight >= 0), $"the shares of {key} do not add up");
                Require(splits.All(split => chain.Nodes[split.NextNode].Resolver is not null), $"{key} leads to a splitter");
            }

            if (node.Resolver is { } resolver)
            {
                Require(!resolver.Failover.Contains(resolver.Target) && resolver.Failover.Distinct().Count() == resolver.Failover.Count, $"{key} stands in for itself");
                used.UnionWith(chain.TargetsOf(key).Select(target => target.Id));
            }
        }

        Require(used.SetEquals(chain.Targets.Keys), "targets that nobody needs");
        Require(chain.Targets.All(target => target.Key == target.Value.Id), "a target under another name");
        Depth(chain, chain.StartNode, 0);
    }

    // A router, a splitter, a resolver: never more.
    private static void Depth(DiscoveryChain chain, string key, int depth)
    {
        Require(depth < 3, "too many steps");
        foreach (var next in chain.Nodes[key].Next)
        {
            Depth(chain, next, depth + 1);
        }
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidOperationException(otherwise);
        }
    }
}
