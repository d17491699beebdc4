# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 (rows of a table stand in one line)
"""Writes the malformed scripts of this folder and expected.csv. Run it in this folder.

Each case is one fault that a person or a broken program makes. `>>` marks the line at which it must
be reported; what stands after the bar in the table is a part of the message.
"""

from __future__ import annotations

import csv
import random
import shutil
from pathlib import Path

HERE = Path(__file__).parent
BASE = "clear\nnew circuit.c basekv=4.16 bus1=a\nnew line.l1 bus1=a bus2=b length=0.1 r1=.1 x1=.2\n"
cases: list[tuple[str, str, bytes, int, str]] = []
extras: dict[str, bytes] = {}


def add(folder: str, name: str, text: str, says: str, base: str = BASE) -> None:
    """Adds a case; the line marked >> is the one of the fault."""
    whole = base + text
    lines = whole.split("\n")
    line = next(i for i, one in enumerate(lines, 1) if one.startswith(">>"))
    body = "\n".join(one.removeprefix(">>") for one in lines)
    raw(folder, name, body.encode("latin-1") + (b"" if body.endswith("\n") else b"\n"), line, says)


def raw(folder: str, name: str, body: bytes, line: int, says: str) -> None:
    """Adds a case whose bytes are given."""
    number = 1 + sum(1 for c in cases if c[0] == folder)
    cases.append((folder, f"{number:03d}_{name}.dss", body, line, says))


def table(folder: str, rows: str, base: str = BASE) -> None:
    """Adds a case for each row `name | script | part of the message`; \\n parts lines."""
    for row in rows.strip().splitlines():
        name, script, says = (cell.strip() for cell in row.split(" || "))
        script = script.replace("\\n", "\n")
        add(folder, name, script if ">>" in script else ">>" + script, says, base)


def truncated() -> None:
    """Lines and files that end too early."""
    table(
        "truncated",
        """
        no_value || new load.x bus1=b kw= || a value must stand there
        no_value_amid || new load.x bus1=b kw=, pf=.9 || a value must stand there
        two_commas || new load.x bus1=b,,kw=5 || a value must stand there
        bare_new || new || needs a class and a name
        only_class || new load. || needs a class and a name
        no_name || new load || needs a class and a name
        only_dot || new .x bus1=b || needs a class and a name
        bare_redirect || redirect || a file must be named
        bare_compile || compile || a file must be named
        option_without_value || set loadmult= || a value must stand there
        no_bus_after_eq || new load.x kw=5 bus1= || a value must stand there
        circuit_without_name || new circuit. || a circuit needs a name
        edit_nothing || edit || names no object
        open_nothing || open || names no object
        close_nothing || close || names no object
        disable_nothing || disable || names no object
        more_without_object || clear\\n>>~ kw=5 || no object that it could mean
        property_without_object || clear\\n>>kw=5 || no object that it could mean
        """,
    )
    add(
        "truncated",
        "comment_never_closed",
        ">>/* the rest\nnew load.x bus1=b\n",
        "comment is not closed",
    )
    whole = BASE + "new load.x bus1=b kw=5 kvs=["
    raw("truncated", "cut_in_a_bracket", whole.encode(), 4, "is not closed")
    raw(
        "truncated",
        "cut_in_a_number",
        (BASE + "new load.x bus1=b kw=1e").encode(),
        4,
        "must be a number",
    )
    raw("truncated", "empty", b"", 1, "makes no circuit")
    raw("truncated", "only_blanks", b" \t\n\n  \n", 3, "makes no circuit")
    raw("truncated", "only_comments", b"! nothing\n// here\n", 2, "makes no circuit")
    raw("truncated", "only_clear", b"clear\n", 1, "makes no circuit")
    raw("truncated", "cleared_at_the_end", (BASE + "clear\n").encode(), 4, "makes no circuit")


def quotes() -> None:
    """Quotation marks and brackets without their other half."""
    table(
        "quotes",
        """
        bracket || new load.x bus1=b kw=(5 || is not closed
        square || new transformer.t windings=2 buses=[a c kvs=4 || is not closed
        brace || new load.x bus1=b kw={5 2 * || is not closed
        double || new load.x bus1="b kw=5 || is not closed
        single || new load.x bus1='b kw=5 || is not closed
        wrong_other_half || new load.x bus1=b kw=(5 2 *] || is not closed
        double_by_single || new load.x bus1="b' kw=5 || is not closed
        in_matrix || new linecode.m nphases=2 rmatrix=[1 | 2 3 || is not closed
        in_option || set voltagebases=[4.16 0.48 || is not closed
        in_redirect || redirect "part.dss || is not closed
        in_compile || compile (c:\\parts\\x.dss || is not closed
        in_batchedit || batchedit load..* kw=(5 || is not closed
        in_edit || edit line.l1 length=(1 2 / || is not closed
        in_implicit_edit || line.l1.length=(1 2 / || is not closed
        in_more || new load.x bus1=b\\n>>~ kw=[5 || is not closed
        in_open || open "line.l1 1 || is not closed
        in_variable || var @a=(1 2 || is not closed
        in_name || new "load.x bus1=b || is not closed
        comment_inside || new load.x bus1=b kw=(5 ! five) kw || must be a number
        stray_closing || new load.x bus1=b kw=5) || must be a number
        two_closings || new load.x bus1=b kw=(5)) || must be a number
        nested || new load.x bus1=b kw=((5 2 *) 3 +) || must be a number
        quoted_blank || new load.x bus1=b kw=" " || must be a number
        quoted_nothing || new load.x bus1=b kw="" || must be a number
        """,
    )


def numbers() -> None:
    """Words, overflows and things that are almost numbers."""
    bad = {
        "word": "ten", "nan": "nan", "minus_nan": "-nan", "inf": "inf", "infinity": "-Infinity",
        "overflow": "1e400", "huge": "1e300", "minus_huge": "-1e120", "unit": "5kW", "percent": "5%",
        "hex": "0x10", "two_points": "1.2.3", "two_signs": "--5", "plus_minus": "+-5",
        "exponent_alone": "e5", "no_exponent": "5e", "comma_decimal": "'1,5'", "underscore": "1_000",
        "fortran": "1d5", "dash": "-", "point": ".", "star": "*", "hash": "#REF!",
        "quoted_word": "'five'", "degree": "30\xb0", "fraction": "1/2", "sum": "1+2", "yes": "yes",
        "none": "None", "null": "null", "blank_inside": "'1 000'",
    }  # fmt: skip
    for name, value in bad.items():
        add("numbers", name, f">>new load.x bus1=b phases=1 kw={value}\n", "load.x.kw")
    table(
        "numbers",
        """
        kv_word || new load.x bus1=b kv=low || must be a number
        length_word || new line.l2 bus1=b bus2=c length=long || must be a number
        phases_word || new load.x bus1=b phases=three || must be a number
        matrix_word || new linecode.m nphases=2 rmatrix=[1 | x 2] || must be a number
        matrix_nan || new linecode.m nphases=2 xmatrix=[1 | nan 2] || must be a number
        array_word || new transformer.t windings=2 kvs=[4.16 high] || must be a number
        array_inf || new transformer.t windings=2 kvas=[inf 1] || must be a number
        zip_word || new load.x bus1=b model=8 zipv=[1 0 0 1 0 0 o] || must be a number
        shape_word || new loadshape.s npts=2 mult=[1 x] || must be a number
        shape_nan || new loadshape.s npts=2 mult=[1 nan] || must be a number
        angle_word || edit vsource.source angle=north || must be a number
        option_word || set loadmult=much || must be a number
        bases_word || set voltagebases=[4.16 low] || must be a number
        terminal_word || open line.l1 two || must be a number
        kvbase_word || setkvbase bus=b kvll=high || must be a number
        tap_word || new transformer.t windings=2 tap=up || must be a number
        steps_word || new capacitor.x bus1=b numsteps=some || must be a number
        z1_word || edit vsource.source z1=[1 j2] || must be a number
        boolean_word || new line.l2 bus1=b bus2=c switch=maybe || must be yes or no
        enabled_number || new load.x bus1=b enabled=7 || must be yes or no
        whole_number_huge || new regcontrol.r winding=1e12 || must be 1 or more
        """,
    )


def expressions() -> None:
    """Reverse Polish notation that does not come to one number."""
    bad = {
        "too_few": "(5 +)", "operator_first": "(+ 5 3)", "one_for_two": "(3 *)", "empty_sqrt": "(sqrt)",
        "left_over": "(1 2)", "three_left": "(1 2 3 +  4)", "infix": "(1 + 2)", "unknown": "(1 2 plus)",
        "division_by_zero": "(1 0 /)", "root_of_minus": "(-1 sqrt)", "log_of_zero": "(0 ln)",
        "log_of_minus": "(-5 log10)", "power_overflow": "(10 400 ^)", "exp_overflow": "(1000 exp)",
        "inverse_of_zero": "(0 inv)", "unknown_variable": "(@nothing 2 *)", "variable_alone": "@nothing",
        "too_deep": "(1 2 3 4 5 6 7 8 9 10 11 + + + + + + + + + +)", "swap_alone": "(1 swap)",
        "nothing": "( )", "dropped": "(1 rolldn)", "word_in": "(5 kW)", "brackets_in": "(5 (3 2 *) *)",
        "asin_of_two": "(2 asin)", "semicolon": "(1; 2 +)",
    }  # fmt: skip
    for name, value in bad.items():
        add("expressions", name, f">>new load.x bus1=b phases=1 kw={value}\n", "load.x.kw")
    table(
        "expressions",
        """
        in_length || new line.l2 bus1=b bus2=c length=(1 2 3 /) || 2 numbers stand where one belongs
        in_array || new transformer.t windings=2 kvs=[(4.16 2 /) (1 +)] || needs two numbers
        variable_word || var @k=kilo\\n>>new load.x bus1=b kw=@k || must be a number
        zero_length || new line.l2 bus1=b bus2=c length=(5 5 -) || must be above 0
        negative_kv || new load.x bus1=b kv=(1 3 -) || must be above 0
        """,
    )


def ranges() -> None:
    """Numbers that no such thing has."""
    table(
        "ranges",
        """
        load_zero_kv || new load.x bus1=b kv=0 || must be above 0
        load_minus_kv || new load.x bus1=b kv=-4.16 || must be above 0
        load_pf_zero || new load.x bus1=b pf=0 || from -1 to 1
        load_pf_percent || new load.x bus1=b pf=95 || from -1 to 1
        load_no_phases || new load.x bus1=b phases=0 || from 1 to 100
        load_minus_phases || new load.x bus1=b phases=-3 || from 1 to 100
        load_model_nine || new load.x bus1=b model=9 || from 1 to 8
        load_model_zero || new load.x bus1=b model=0 || from 1 to 8
        load_minus_kva || new load.x bus1=b kva=-5 || must be 0 or more
        load_minus_xfkva || new load.x bus1=b xfkva=-5 || must be 0 or more
        load_kwh_no_days || new load.x bus1=b kwh=5 kwhdays=0 || must be above 0
        load_minus_vmin || new load.x bus1=b vminpu=-1 || must be 0 or more
        load_vmax_zero || new load.x bus1=b vmaxpu=0 || must be above 0
        line_zero_length || new line.l2 bus1=b bus2=c length=0 || must be above 0
        line_minus_length || new line.l2 bus1=b bus2=c length=-5 || must be above 0
        line_minus_r1 || new line.l2 bus1=b bus2=c r1=-1 || must be 0 or more
        line_minus_r0 || new line.l2 bus1=b bus2=c r0=-1 || must be 0 or more
        line_minus_c1 || new line.l2 bus1=b bus2=c c1=-1 || must be 0 or more
        line_rho_zero || new line.l2 bus1=b bus2=c rho=0 || must be above 0
        code_minus_r1 || new linecode.m r1=-1 || must be 0 or more
        code_minus_diagonal || new linecode.m nphases=2 rmatrix=[1 | 0 -1] || diagonal must be 0 or more
        code_no_phases || new linecode.m nphases=0 || from 1 to 100
        transformer_one_winding || new transformer.t windings=1 || 2 windings or more
        transformer_zero_kv || new transformer.t windings=2 kvs=[4.16 0] || must be above 0
        transformer_zero_kva || new transformer.t windings=2 kvas=[0 0] || must be above 0
        transformer_minus_kva || new transformer.t windings=2 wdg=2 kva=-5 || must be above 0
        transformer_minus_loss || new transformer.t windings=2 %loadloss=-1 || must be 0 or more
        transformer_minus_noloss || new transformer.t windings=2 %noloadloss=-1 || must be 0 or more
        transformer_minus_r || new transformer.t windings=2 %rs=[1 -1] || must be 0 or more
        transformer_xhl_zero || new transformer.t windings=2 xhl=0 || must be above 0
        transformer_minus_xhl || new transformer.t windings=2 xhl=-7 || must be above 0
        transformer_tap_zero || new transformer.t windings=2 taps=[1 0] || from 0.1 to 10
        transformer_tap_number || new transformer.t windings=2 wdg=2 tap=16 || from 0.1 to 10
        transformer_minus_tap || new transformer.t windings=2 wdg=2 tap=-1 || from 0.1 to 10
        transformer_no_taps || new transformer.t windings=2 numtaps=0 || from 1 to 10000
        transformer_wdg_zero || new transformer.t windings=2 wdg=0 || one of the windings
        transformer_wdg_three || new transformer.t windings=2 wdg=3 || one of the windings
        capacitor_zero_kv || new capacitor.x bus1=b kv=0 || must be above 0
        capacitor_no_phases || new capacitor.x bus1=b phases=0 || from 1 to 100
        capacitor_minus_cuf || new capacitor.x bus1=b cuf=-1 || must be 0 or more
        capacitor_no_steps || new capacitor.x bus1=b numsteps=0 || from 1 to 100
        capacitor_state_two || new capacitor.x bus1=b states=[2] || 0 or 1
        reactor_no_kvar || new reactor.x bus1=b kvar=0 || must not be 0
        reactor_minus_r || new reactor.x bus1=b r=-1 x=1 || must be 0 or more
        fault_minus_r || new fault.x bus1=b r=-1 || must be 0 or more
        generator_zero_kv || new generator.x bus1=b kv=0 || must be above 0
        generator_pf_two || new generator.x bus1=b pf=2 || from -1 to 1
        generator_model_eight || new generator.x bus1=b model=8 || from 1 to 7
        source_zero_kv || edit vsource.source basekv=0 || must be above 0
        source_minus_pu || edit vsource.source pu=-1 || must be 0 or more
        source_no_power || edit vsource.source mvasc3=0 || must be above 0
        source_no_current || edit vsource.source isc3=0 || must be above 0
        source_minus_r1 || edit vsource.source r1=-1 x1=1 || must be 0 or more
        source_x1r1_zero || edit vsource.source x1r1=0 || must be above 0
        source_one_phase_stronger || edit vsource.source mvasc3=1 mvasc1=1e6 || short-circuit powers
        wire_zero_r || new wiredata.w rac=0 || must be above 0
        wire_minus_gmr || new wiredata.w gmrac=-1 || must be above 0
        wire_zero_diameter || new wiredata.w diam=0 || must be above 0
        cable_no_strands || new cndata.w k=0 || from 1 to 1000
        cable_zero_epsr || new cndata.w epsr=0 || must be above 0
        tape_full_lap || new tsdata.w tapelap=100 || from 0 to 99
        frequency_zero || set defaultbasefrequency=0 || must be above 0
        minus_loadmult || set loadmult=-1 || must be 0 or more
        base_zero || set voltagebases=[4.16 0] || must be above 0
        year_minus || set year=-5 || a year of the study
        basefreq_zero || new line.l2 bus1=b bus2=c basefreq=0 || must be above 0
        conductor_zero || new linegeometry.g nconds=3 cond=0 || must be 1 or more
        conductor_four || new linegeometry.g nconds=3 cond=4 || one of the conductors
        terminal_three || open line.l1 3 || has terminals 1 to 2
        terminal_zero || open line.l1 0 || has terminals 1 to 2
        load_terminal_two || new load.x bus1=b\\n>>open load.x 2 || has terminals 1 to 1
        conductor_minus || open line.l1 1 -2 || must be 1 or more, or 0
        """,
    )


def counts() -> None:
    """Counts that would fill any memory."""
    table(
        "counts",
        """
        load_phases || new load.x bus1=b phases=1e9 || from 1 to 100
        line_phases || new line.l2 bus1=b bus2=c phases=1000000 || from 1 to 100
        code_phases || new linecode.m nphases=2147483648 || from 1 to 100
        windings || new transformer.t windings=1e9 || 2 windings or more
        code_windings || new xfmrcode.t windings=100000 || 2 windings or more
        steps || new capacitor.x bus1=b numsteps=1e9 || from 1 to 100
        conductors || new linegeometry.g nconds=1e9 || from 1 to 100
        spacing || new linespacing.s nconds=1e9 || from 1 to 100
        strands || new cndata.w k=1e9 || from 1 to 1000
        taps || new transformer.t windings=2 numtaps=1e9 || from 1 to 10000
        reactor_phases || new reactor.x bus1=b phases=1e8 || from 1 to 100
        fault_phases || new fault.x bus1=b phases=1e8 || from 1 to 100
        generator_phases || new generator.x bus1=b phases=1e8 || from 1 to 100
        source_phases || edit vsource.source phases=1e8 || from 1 to 100
        node || new load.x bus1=b.1000000000000 phases=1 || whole numbers
        year || set year=1e9 || a year of the study
        line_101 || new line.l2 bus1=b bus2=c phases=101 || from 1 to 100
        phases_fraction || new load.x bus1=b phases=0.4 || from 1 to 100
        power || new load.x bus1=b kw=1e200 || must be within 1e100
        terminal || open line.l1 1e9 || has terminals 1 to 2
        """,
    )


def references() -> None:
    """Names of things that are not there."""
    table(
        "references",
        """
        linecode || new line.l2 bus1=b bus2=c linecode=556 || 'linecode.556'
        linecode_mistyped || new linecode.mtx601 nphases=3\\n>>new line.l2 bus1=b bus2=c linecode=mtx610 || did you mean 'mtx601'
        linecode_later || >>new line.l2 bus1=b bus2=c linecode=m\\nnew linecode.m || no such object
        geometry || new line.l2 bus1=b bus2=c geometry=pole || 'linegeometry.pole'
        spacing || new line.l2 bus1=b bus2=c spacing=pole || 'linespacing.pole'
        wire || new linegeometry.g nconds=1 nphases=1 cond=1 wire=acsr x=0 h=8 || 'wiredata.acsr'
        cable || new linegeometry.g nconds=1 nphases=1 cond=1 cncable=cu x=0 h=-1 || 'cndata.cu'
        tape || new linegeometry.g nconds=1 nphases=1 cond=1 tscable=cu x=0 h=-1 || 'tsdata.cu'
        wires || new linespacing.s nconds=1 nphases=1 x=0 h=8\\n>>new line.l2 bus1=b bus2=c spacing=s wires=[acsr] || 'wiredata.acsr'
        geometry_spacing || new linegeometry.g nconds=1 nphases=1 spacing=s || 'linespacing.s'
        xfmrcode || new transformer.t xfmrcode=ct25 || 'xfmrcode.ct25'
        xfmrcode_mistyped || new xfmrcode.ct25 windings=3\\n>>new transformer.t xfmrcode=ct52 || no such object
        like_load || new load.x like=y bus1=b || 'load.y'
        like_line || new line.l2 like=l3 || 'line.l3'
        like_code || new linecode.m like=n || 'linecode.n'
        like_other_class || new load.l2 like=l1 bus1=b || 'load.l1'
        edit_load || edit load.x kw=5 || 'load.x'
        edit_line_mistyped || edit line.l2 length=5 || 'line.l2'
        edit_before_new || >>edit load.x kw=5\\nnew load.x bus1=b || no such object
        implicit || load.x.kw=5 || 'load.x'
        implicit_line || line.l7.length=5 || 'line.l7'
        open_line || open line.l2 1 || 'line.l2'
        close_line || close line.l2 1 || 'line.l2'
        disable_load || disable load.x || 'load.x'
        enable_load || enable load.x || 'load.x'
        select_line || select line.l2 || 'line.l2'
        more_after_missing || >>edit load.x\\n~ kw=5 || no such object
        regulator || new regcontrol.r transformer=t winding=2 tapnum=5 || 'transformer.t'
        load_bus || new load.x bus1=zz || reaches the bus
        load_bus_mistyped || new line.main bus1=b bus2=main7\\n>>new load.x bus1=mian7 || did you mean 'main7'
        generator_bus || new generator.x bus1=zz kw=5 || reaches the bus
        capacitor_bus || new capacitor.x bus1=zz || reaches the bus
        load_no_bus || new load.x kw=5 || reaches the bus
        """,
    )


def mismatches() -> None:
    """Phases, nodes, matrices and arrays that do not fit each other."""
    table(
        "mismatches",
        """
        code_of_one_phase || new linecode.one nphases=1 rmatrix=[.1]\\n>>new line.l2 bus1=b bus2=c linecode=one phases=3 || are of 1 phase
        nodes_on_load || new load.x bus1=b.1.2.3.4 phases=1 || names 4 nodes where 2
        nodes_on_line || new line.l2 bus1=b.1.2.3.4 bus2=c.1.2.3 phases=3 || names 4 nodes where 3
        nodes_on_far_end || new line.l2 bus1=b.1 bus2=c.1.2 phases=1 || names 2 nodes where 1
        nodes_on_transformer || new transformer.t phases=1 windings=2 buses=[b.1.2.3 c.1] || names 3 nodes where 2
        nodes_on_capacitor || new capacitor.x bus1=b.1.2 phases=1 || names 2 nodes where 1
        node_word || new load.x bus1=b.one phases=1 || whole numbers
        node_minus || new load.x bus1=b.-1 phases=1 || whole numbers
        node_letter || new line.l2 bus1=b.a bus2=c phases=1 || whole numbers
        matrix_two_of_three || new linecode.m nphases=3 rmatrix=[1 | 2 3] || must be 3 x 3
        matrix_four_of_three || new linecode.m nphases=3 rmatrix=[1 | 2 3 | 4 5 6 | 7 8 9 1] || must be 3 x 3
        matrix_long_row || new linecode.m nphases=2 rmatrix=[1 2 3 | 2 3] || row 1 of 3 values
        matrix_short_row || new linecode.m nphases=3 xmatrix=[1 | 2 | 4 5 6] || row 2 of 1 values
        matrix_flat || new linecode.m nphases=3 rmatrix=[1 2 3] || must be 3 x 3
        matrix_before_phases || >>new linecode.m rmatrix=[1 | 2 3] nphases=2 || must be 3 x 3
        matrix_empty || new linecode.m nphases=2 rmatrix=[] || must be 2 x 2
        cmatrix_long || new linecode.m nphases=1 cmatrix=[1 | 2 3] || must be 1 x 1
        line_matrix || new line.l2 bus1=b bus2=c phases=2 rmatrix=[1 | 2 3 | 4 5 6] || must be 2 x 2
        reactor_matrix || new reactor.x bus1=b bus2=c phases=3 rmatrix=[1 | 2 3] || must be 3 x 3
        capacitor_matrix || new capacitor.x bus1=b phases=2 cmatrix=[1] || must be 2 x 2
        fault_matrix || new fault.x bus1=b phases=2 gmatrix=[1 | 2 3 | 4 5 6] || must be 2 x 2
        kvs_of_three || new transformer.t windings=2 kvs=[4.16 .48 .24] || must be 2 at most
        kvas_of_three || new transformer.t windings=2 kvas=[5 5 5] || must be 2 at most
        taps_of_three || new transformer.t windings=2 taps=[1 1 1] || must be 2 at most
        rs_of_three || new transformer.t windings=2 %rs=[1 1 1] || must be 2 at most
        buses_of_three || new transformer.t windings=2 buses=[b c d] || must be 2 at most
        conns_of_three || new transformer.t windings=2 conns=[wye delta wye] || must be 2 at most
        reactances_of_two || new transformer.t windings=2 xscarray=[7 8] || must be 1 at most
        kvs_before_windings || >>new transformer.t kvs=[4.16 .48 .24] windings=3 || must be 2 at most
        zip_of_six || new load.x bus1=b model=8 zipv=[1 0 0 1 0 0] || must be 7
        zip_of_eight || new load.x bus1=b model=8 zipv=[1 0 0 1 0 0 .5 1] || must be 7
        zip_missing || new load.x bus1=b model=8 || needs zipv
        z1_of_three || edit vsource.source z1=[1 2 3] || a real and an imaginary part
        geometry_without_wire || new linegeometry.g nconds=2 nphases=2\\n>>new line.l2 bus1=b bus2=c geometry=g || without a wire
        wires_without_spacing || new wiredata.w rac=1 gmrac=1 diam=1\\n>>new line.l2 bus1=b bus2=c wires=[w] || spacing first
        unit_furlong || new line.l2 bus1=b bus2=c units=furlong || no unit of length
        unit_code || new linecode.m units=yard || no unit of length
        unit_wire || new wiredata.w runits=ohm || no unit of length
        unit_geometry || new linegeometry.g nconds=1 cond=1 units=pt || no unit of length
        connection || new load.x bus1=b conn=star || must be wye or delta
        connections || new transformer.t windings=2 conns=[wye zigzag] || must be wye or delta
        earth_model || set earthmodel=flat || must be carson
        """,
    )


def circuits() -> None:
    """Circuits that are missing, twice there, or named twice."""
    table(
        "circuits",
        """
        second || new circuit.d || there is a circuit already
        second_same || new circuit.c || there is a circuit already
        duplicate_load || new load.x bus1=b\\n>>new load.x bus1=b kw=5 || is there already
        duplicate_line || new line.l1 bus1=b bus2=c || is there already
        duplicate_case || new line.L1 bus1=b bus2=c || is there already
        duplicate_transformer || new transformer.t buses=[b c]\\n>>new transformer.t buses=[b d] || is there already
        duplicate_source || new vsource.source bus1=b || is there already
        like_itself || new load.x like=x bus1=b || cannot be like itself
        like_itself_edit || new load.x bus1=b\\n>>edit load.x like=x || cannot be like itself
        like_in_a_ring || >>new load.x like=y bus1=b\\nnew load.y like=x bus1=b || no such object
        like_itself_code || new linecode.m like=m || cannot be like itself
        """,
    )
    table(
        "circuits",
        """
        load_first || new load.x bus1=b || there is no circuit yet
        line_first || new line.l1 bus1=a bus2=b || there is no circuit yet
        many_first || >>new line.l1 bus1=a bus2=b\\nnew load.x bus1=b\\nnew load.y bus1=b || there is no circuit yet
        more_first || >>new line.l1 bus1=a bus2=b\\n~ length=5 || there is no circuit yet
        after_clear || new circuit.c\\nclear\\n>>new load.x bus1=b || there is no circuit yet
        only_codes || new linecode.m nphases=3\\n>>! nothing more || makes no circuit
        edit_first || edit circuit.c basekv=5 || there is no circuit yet
        """,
        "clear\n",
    )


def commands() -> None:
    """Words that are no commands."""
    table(
        "commands",
        """
        mistyped_new || nwe load.x bus1=b || unknown command
        mistyped_edit || eidt line.l1 length=5 || unknown command
        mistyped_redirect || redirct part.dss || unknown command
        mistyped_batchedit || batchedti load..* kw=5 || unknown command
        prose || This file was made by hand || unknown command
        python || import opendss || unknown command
        json_line || "circuit" || unknown command
        markdown || # Loads || unknown command
        sql || INSERT INTO loads VALUES 5 || unknown command
        single_quote_comment || 'new load.x bus1=b' || unknown command
        semicolon || ; new load.x || unknown command
        xml || <load name="x"/> || unknown command
        new_glued || newload.x bus1=b || unknown command
        colon || new: load.x || unknown command
        number || 42 || unknown command
        pattern_open || batchedit load.(a kw=5 || regular expression
        pattern_star || batchedit load.* kw=5 || regular expression
        pattern_bracket || batchedit load."[a-" kw=5 || regular expression
        pattern_count || batchedit load."a{3,1}" kw=5 || regular expression
        pattern_long || batchedit load."((((a{99}){99}){99}){99})" kw=5 || regular expression
        """,
    )


def files() -> None:
    """Files that are missing, call themselves, or are no scripts."""
    table(
        "files",
        """
        missing || redirect lines.dss || no such file
        missing_compile || compile lines.dss || no such file
        windows_drive || redirect C:\\OpenDSS\\lines.dss || no such file
        share || redirect \\\\server\\share\\lines.dss || no such file
        above || redirect ../../../../../../../../nowhere/lines.dss || no such file
        root || redirect /nowhere/lines.dss || no such file
        folder || redirect . || no such file
        folder_above || redirect .. || no such file
        endless || redirect /dev/zero || no such file
        random || redirect /dev/urandom || no such file
        home || redirect ~/lines.dss || no such file
        url || redirect https:/example.org/lines.dss || no such file
        nothing_quoted || redirect "" || no such file
        long_name || redirect LONG || no such file
        wires_file || new linespacing.s nconds=1 nphases=1\\n>>new line.l2 bus1=b bus2=c spacing=s wires=(file=none.txt) || no such file
        kvs_file || new transformer.t windings=2 kvs=(file=none.csv) || no such file
        """.replace("LONG", "x" * 300),
    )
    here = "files"
    add(here, "itself", ">>redirect 017_itself.dss\n", "must not run itself")
    add(here, "ring_of_two", "redirect ring_a.inc\n", "must not run itself") if False else None
    extras["files/ring_a.inc"] = b"! one\nredirect ring_b.inc\n"
    extras["files/ring_b.inc"] = b"redirect ring_a.inc\n"
    raw(here, "ring_of_two", (BASE + "redirect ring_a.inc\n").encode(), 1, "must not run itself")
    extras["files/fault_inside.inc"] = b"new load.x bus1=b\n~ kw=ten\n"
    raw(
        here, "fault_inside", (BASE + "redirect fault_inside.inc\n").encode(), 2, "must be a number"
    )
    for depth in range(120):
        extras[f"files/deep/{depth:03d}.inc"] = f"redirect {depth + 1:03d}.inc\n".encode()
    extras["files/deep/120.inc"] = b"! the end\n"
    raw(here, "too_deep", (BASE + "redirect deep/000.inc\n").encode(), 1, "100 deep")
    raw(here, "binary", bytes(random.Random(1).randbytes(4000)), 1, "a script is a text file")
    raw(here, "zip", b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + random.Random(2).randbytes(600), 1,
        "a script is a text file")  # fmt: skip
    raw(here, "program", b"\x7fELF\x02\x01\x01\x00\x00\x00" + random.Random(3).randbytes(600), 1,
        "a script is a text file")  # fmt: skip
    raw(here, "image", b"\x89PNG\r\n\x1a\n" + random.Random(4).randbytes(600), 3,
        "a script is a text file")  # fmt: skip
    extras["files/binary.inc"] = random.Random(5).randbytes(3000)
    raw(
        here,
        "binary_redirect",
        (BASE + "redirect binary.inc\n").encode(),
        1,
        "a script is a text file",
    )
    extras["files/words.csv"] = b"1.5\ntwo\n"
    add(
        here, "array_word", ">>new transformer.t windings=2 kvs=(file=words.csv)\n", ""
    ) if False else None
    raw(here, "array_word", (BASE + "new transformer.t windings=2 kvs=(file=words.csv)\n").encode(), 2,
        "must be a finite number")  # fmt: skip
    extras["files/heading.csv"] = b"hour,kw\n1,2\n"
    raw(here, "array_heading", (BASE + "new loadshape.s npts=1 mult=(file=heading.csv column=2)\n").encode(),
        1, "header=yes")  # fmt: skip
    raw(here, "array_column", (BASE + "new loadshape.s npts=1 mult=(file=heading.csv column=3 header=yes)\n")
        .encode(), 2, "column 3 is asked for")  # fmt: skip
    add(here, "array_column_word", ">>new loadshape.s npts=1 mult=(file=heading.csv column=kw)\n",
        "column=kw")  # fmt: skip
    extras["files/nan.dbl"] = b"\x00\x00\x00\x00\x00\x00\xf8\x7f"
    add(here, "array_nan", ">>new loadshape.s npts=1 mult=(dblfile=nan.dbl)\n", "finite number")
    extras["files/nan.sng"] = b"\x00\x00\xc0\x7f"
    add(here, "array_single_nan", ">>new loadshape.s npts=1 sngfile=nan.sng\n", "finite number")
    extras["files/pairs.csv"] = b"0.5\n0.7\n"
    raw(here, "pairs_of_one", (BASE + "new loadshape.s npts=2 pqcsvfile=pairs.csv\n").encode(), 1,
        "column 2 is asked for")  # fmt: skip


def sizes() -> None:
    """Long lines and deep nests."""
    many = " ".join(["1"] * 20000)
    add(
        "sizes",
        "array_of_20000",
        f">>new transformer.t windings=2 kvs=[{many}]\n",
        "must be 2 at most",
    )
    add(
        "sizes",
        "matrix_of_20000",
        f">>new linecode.m nphases=3 rmatrix=[{many}]\n",
        "must be 3 x 3",
    )
    rows = " | ".join(["1"] * 5000)
    add("sizes", "rows_of_5000", f">>new linecode.m nphases=1 rmatrix=[{rows}]\n", "must be 1 x 1")
    add("sizes", "name_of_50000", f">>edit load.{'x' * 50000} kw=5\n", "no such object")
    add("sizes", "brackets_of_5000", f">>new load.x bus1=b kw={'(' * 5000}5\n", "is not closed")
    add(
        "sizes",
        "expression_of_9000",
        f">>new load.x bus1=b kw=({'1 ' * 9000})\n",
        "must be a number",
    )
    add("sizes", "dots_of_9000", f">>new load.x bus1=b{'.1' * 9000}\n", "names 9000 nodes")
    add("sizes", "pattern_of_9000", f">>batchedit load.{'(' * 9000} kw=5\n", "regular expression")
    add(
        "sizes",
        "pattern_nest",
        f'>>batchedit load."{"(" * 200}a{")" * 200}" kw=5\n',
        "regular expression",
    )
    add("sizes", "digits_of_5000", f">>new load.x bus1=b kw={'9' * 5000}\n", "must be a number")
    add("sizes", "line_of_commas", f">>new load.x bus1=b{',' * 3000}\n", "a value must stand there")
    add("sizes", "word_of_100000", f">>{'z' * 100000}\n", "unknown command")


def main() -> None:
    for make in (truncated, quotes, numbers, expressions, ranges, counts, references, mismatches,
                 circuits, commands, files, sizes):  # fmt: skip
        make()
    for folder in {c[0] for c in cases}:
        shutil.rmtree(HERE / folder, ignore_errors=True)
        (HERE / folder).mkdir()
    for name, body in extras.items():
        (HERE / name).parent.mkdir(exist_ok=True)
        (HERE / name).write_bytes(body)
    with open(HERE / "expected.csv", "w", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["file", "line", "says"])
        for folder, name, body, line, says in cases:
            (HERE / folder / name).write_bytes(body)
            rows.writerow([f"{folder}/{name}", line, says])
    print(len(cases), "cases")


if __name__ == "__main__":
    main()
