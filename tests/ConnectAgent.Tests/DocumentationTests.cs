using System.CommandLine;
using System.Diagnostics.Metrics;
using System.Reflection;
using System.Text.RegularExpressions;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Revocation;
using ConnectAgent.Agent.Servers.Consul;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Caching;
using ConnectAgent.Cli;
using ConnectAgent.Configuration;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ConnectAgent.Tests;

/// <summary>What the pages list is what the code has.</summary>
public sealed partial class DocumentationTests
{
    private const BindingFlags All =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    [Fact]
    public void Telemetry_lists_every_instrument_and_no_other()
    {
        List<Instrument> instruments = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) => instruments.Add(instrument),
        };
        using var services = new ServiceCollection().AddMetrics().AddSingleton(TimeProvider.System)
            .AddSingleton<ConnectAgent.State.Storage.IStateStorage, ConnectAgent.State.Storage.MemoryStateStorage>()
            .AddSingleton(ConnectAgent.ControlPlane.ControlPlaneTables.All).AddSingleton<ConnectAgent.State.StateStore>()
            .AddSingleton(new ConsulServerOptions { Servers = [new Uri("http://127.0.0.1:1")] }).AddSingleton(new Random(1)).AddSingleton<ServerSet>().BuildServiceProvider();
        listener.Start();
        foreach (var type in Product.Types
            .Where(type => type.GetConstructors().Any(made => made.GetParameters().Any(parameter => parameter.ParameterType == typeof(IMeterFactory)))))
        {
            ActivatorUtilities.CreateInstance(services, type);
        }

        var listed = Instrument().Matches(Page("telemetry.md")).Select(match => match.Groups["name"].Value);
        var ours = instruments.Where(static instrument => instrument.Name.StartsWith("connect_agent.", StringComparison.Ordinal)).ToList();
        listed.Should().BeEquivalentTo(ours.Select(static instrument => instrument.Name).Distinct());

        // What GET /v1/agent/metrics reads (MetricsReader); another one would be in no answer.
        ours.Should().OnlyContain(
            static instrument => instrument is ObservableCounter<long> || instrument is ObservableGauge<long> || instrument is ObservableGauge<double> || instrument is Histogram<double>);
    }

    [Theory]
    [InlineData(KeyEffect.Acts, "## Keys", 90)]
    [InlineData(KeyEffect.Guards, "### Refused when set", 5)]
    [InlineData(KeyEffect.None, "### Accepted without effect", 150)]
    internal void FA_39_Configuration_lists_every_key_under_what_it_does_and_no_other(KeyEffect effect, string heading, int atLeast)
    {
        var old = DeprecatedKeys.Spellings.Select(spelling => spelling.Old).ToList();
        var keys = Keys(AgentSchema.Root, string.Empty).Where(key => key.Effect == effect && !old.Contains(key.Path)).Select(key => key.Path).ToList();
        var section = SectionEnd().Split(Page("configuration.md").Split(heading + "\n")[1])[0];
        var listed = Key().Matches(section).SelectMany(row => Name().Matches(row.Groups["keys"].Value))
            .Select(match => match.Groups["name"].Value).ToList();
        listed.Should().OnlyHaveUniqueItems();
        listed.Should().HaveCountGreaterThan(atLeast);
        keys.Except(listed).Should().BeEmpty("every key of the schema is on the page");
        listed.Except(keys).Should().BeEmpty("every key of the page is in the schema");
    }

    [Fact]
    public void FA_39_Every_old_spelling_is_listed_with_the_new_one()
    {
        var rows = Page("configuration.md").Split("### Deprecated spellings")[1].Split("\n## ")[0];
        var listed = OldSpelling().Matches(rows).SelectMany(row => Name().Matches(row.Groups["old"].Value)
            .Select(old => (old.Groups["name"].Value, row.Groups["new"].Value)));
        listed.Should().BeEquivalentTo(DeprecatedKeys.Spellings);
    }

    [Fact]
    public void Configuration_lists_every_flag_and_no_other()
    {
        var command = new Command("agent");
        new AgentFlags().AddTo(command);
        var flags = command.Options.Select(flag => flag.Name.TrimStart('-'));
        var listed = Flag().Matches(Page("configuration.md").Split("| flag | key |")[1]).Select(match => match.Groups["name"].Value);
        listed.Should().BeEquivalentTo(flags);
    }

    [Fact] // docs/glossary.md: who reads a name or a line of the log can search for it
    public void Names_and_logs_use_the_terms_of_the_glossary()
    {
        string[] retired = ["question", "lane", "warden", "away", "the window"];
        var names = Product.Types.SelectMany(type => type.GetMembers(All).Select(member => member.Name).Append(type.Name))
            .Where(static name => !name.StartsWith("PropName_", StringComparison.Ordinal)).Distinct(); // generated from the names of files and of the wire
        var logs = Product.Types.SelectMany(type => type.GetMethods(All)).Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()?.Message).OfType<string>().ToList();
        logs.Should().NotBeEmpty();
        foreach (var word in retired)
        {
            names.Where(name => WordsOf(name).Contains(word, StringComparer.OrdinalIgnoreCase)).Should().BeEmpty("the glossary has another word for {0}", word);
            logs.Where(line => Regex.IsMatch(line, $@"\b{word}\b", RegexOptions.IgnoreCase)).Should().BeEmpty("the glossary has another word for {0}", word);
        }
    }

    [Fact]
    public void Http_api_lists_every_path_that_is_forwarded()
    {
        var listed = Page("http-api.md").Split("## In front of servers")[1].Split("\n## ")[0];
        ConnectAgent.Http.Forwarding.ForwardingEndpoints.Paths.Should().OnlyContain(path => listed.Contains($"`{path}`") || listed.Contains($"`{path.TrimEnd('/')}`"));
    }

    [Fact]
    public void Http_api_lists_every_route()
    {
        var page = Page("http-api.md");
        var source = Path.Combine(Repository.Root, "src", "ConnectAgent.Http");
        var routes = Directory.EnumerateFiles(source, "*Endpoints.cs", SearchOption.AllDirectories).SelectMany(file => Route().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups["path"].Value).ToList();
        routes.Should().HaveCountGreaterThan(12);
        foreach (var route in routes)
        {
            page.Should().Contain(route.Replace("*", ":service", StringComparison.Ordinal).TrimEnd('/'));
        }
    }

    private static IEnumerable<(string Path, KeyEffect Effect)> Keys(ConfigSchema schema, string prefix) => schema.Keys.SelectMany(pair =>
        pair.Value is { Effect: KeyEffect.Acts, Inner: { } inner } ? Keys(inner, prefix + pair.Key + ".") : [(prefix + pair.Key, pair.Value.Effect)]);

    private static string Page(string name) => File.ReadAllText(Path.Combine(Repository.Root, "docs", name));

    [GeneratedRegex(@"^\| `(?<name>connect_agent\.[a-z_.]+)` \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Instrument();

    [GeneratedRegex(@"^\| (?<keys>`[a-z0-9_.`, ]+`) \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Key();

    [GeneratedRegex("^##", RegexOptions.Multiline)]
    private static partial Regex SectionEnd();

    [GeneratedRegex(@"^\| (?<old>`[a-z_.8`, ]+`) \| (`(?<new>[a-z_.]+)`|nothing)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex OldSpelling();

    [GeneratedRegex(@"`(?<name>[a-z_.0-9]+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Name();

    [GeneratedRegex(@"`-(?<name>[a-z_-]+)( [A-Za-z:]+)?`[,| ]", RegexOptions.ExplicitCapture)]
    private static partial Regex Flag();

    private static IEnumerable<string> WordsOf(string name) => Word().Matches(name).Select(match => match.Value);

    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")]
    private static partial Regex Word();

    [GeneratedRegex(@"Map(Wire|Cached)\(\s*""(?<path>/v1/[^""]+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Route();
}
