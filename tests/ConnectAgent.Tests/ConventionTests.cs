using System.Reflection;
using FluentAssertions;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ConnectAgent.Tests;

/// <summary>Rules for all code of the product; which project sees which is <see cref="LayoutTests"/>'.</summary>
public sealed class ConventionTests
{
    private static readonly Assembly Agent = typeof(ConnectAgent.Agent.Roots.RootsKind).Assembly;
    private static readonly Assembly ControlPlane = typeof(ConnectAgent.ControlPlane.ControlPlaneTables).Assembly;

    [Fact]
    public void The_control_plane_knows_no_HTTP() =>
        ReferencesOf(ControlPlane).Should().NotContain(name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));

    [Fact]
    public void The_agent_knows_no_HTTP() =>
        ReferencesOf(Agent).Should().NotContain(name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));

    [Fact]
    public void Program_stays_short() =>
        File.ReadAllLines(Path.Combine(TestKit.Processes.Repository.Root, "src/ConnectAgent/Program.cs")).Length.Should().BeLessThan(80);

    [Fact]
    public void A_namespace_is_the_folder_of_its_file()
    {
        var source = Path.Combine(TestKit.Processes.Repository.Root, "src");
        foreach (var file in Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)))
        {
            var declared = File.ReadLines(file).FirstOrDefault(line => line.StartsWith("namespace ", StringComparison.Ordinal));
            var folder = Path.GetRelativePath(source, Path.GetDirectoryName(file)!).Replace('/', '.');
            (declared is null || declared == $"namespace {folder};").Should().BeTrue("{0} declares {1}", file, declared);
        }
    }

    [Fact]
    public void No_class_of_the_product_is_left_open() =>
        Product.Types
            .Where(type => type is { IsClass: true, IsAbstract: false, IsSealed: false } && type.Namespace?.StartsWith("ConnectAgent", StringComparison.Ordinal) == true)
            .Where(type => !type.Name.Contains('<', StringComparison.Ordinal))
            .Select(type => type.FullName).Should().BeEmpty();

    [Fact] // {@Name} has Serilog look at properties by reflection, which the native executable leaves out (src/ConnectAgent/Serilog.Substitutions.xml)
    public void No_message_of_the_log_takes_an_object_apart()
    {
        var messages = Product.Types
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()?.Message).OfType<string>().ToList();
        messages.Should().HaveCountGreaterThan(50).And.NotContain(message => message.Contains("{@", StringComparison.Ordinal));
    }

    [Fact]
    public void FA_39_No_two_events_of_the_log_share_an_id()
    {
        var ids = Product.Types
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(method => (Method: $"{method.DeclaringType!.Name}.{method.Name}", Event: method.GetCustomAttribute<LoggerMessageAttribute>()?.EventId))
            .Where(found => found.Event is not null).ToList();
        ids.Should().HaveCountGreaterThan(60);
        ids.GroupBy(found => found.Event).Where(same => same.Count() > 1)
            .Select(same => $"{same.Key}: {string.Join(' ', same.Select(found => found.Method))}").Should().BeEmpty();
    }

    private static IEnumerable<string> ReferencesOf(Assembly assembly) => assembly.GetReferencedAssemblies().Select(name => name.Name!);
}
